/// The ranks that a log lists before a table.
struct LogRanks {
  private var hosts: [Int: String] = [:]
  private var devices: [Int: String] = [:]

  /// Whether the log lists none.
  var isEmpty: Bool { hosts.isEmpty }
  /// The number of ranks: one more than the last.
  var count: Int { (hosts.keys.max() ?? -1) + 1 }
  /// How many are listed.
  var listed: Int { hosts.count }
  /// The machines.
  var nodes: Int { Set(hosts.values).count }
  /// The GPU; several names where ranks differ.
  var gpu: String { Set(devices.values).sorted().joined(separator: " and ") }

  /// Takes a line such as `#  Rank  0 Group  0 Pid 7 on node1 device  0 [0000:07:00] NVIDIA A100-SXM4-80GB`.
  ///
  /// - Returns: Whether it is one.
  mutating func take(_ line: LogLine) -> Bool {
    guard let words = line.comment.map(Array.init), words.count >= 8, words[0] == "Rank", let rank = Int(words[1]),
      (0..<1 << 20).contains(rank), let on = words.firstIndex(of: "on"), on + 2 < words.count,
      let device = words[(on + 2)...].firstIndex(of: "device"),
      let end = words[device...].firstIndex(where: { $0.hasSuffix("]") })
    else { return false }
    hosts[rank] = words[(on + 1)..<device].joined(separator: " ")
    devices[rank] = words[(end + 1)...].joined(separator: " ")
    return true
  }
}
