import Configuration
import Quantities

/// Reads the matrix that `nvidia-smi topo -m` prints.
///
///             GPU0    GPU1    NIC0    CPU Affinity    NUMA Affinity
///     GPU0     X      NV18    PIX     0-51            0
///     GPU1    NV18     X      SYS     0-51            0
///
/// A cell says how two devices reach each other: `NV#` over so many NVLinks, `PIX` over one PCIe bridge, `PXB` over
/// several, `PHB` over a host bridge, `NODE` between host bridges of a NUMA node, `SYS` between NUMA nodes (the legend
/// that the tool prints below). Rows and cells may be missing, as real files drop them; a cell and its mirror image must
/// agree where both are there. Whether as many NVLinks to every GPU mean a switch follows from how many a GPU can have.
public struct TopologyMatrixReader {
  /// How far apart two devices are on PCIe.
  private enum Distance: Int, Comparable {
    case bridge, bridges, hostBridge, node, system

    init?(_ text: String) {
      switch text {
      case "PIX", "PSB": self = .bridge
      case "PXB": self = .bridges
      case "PHB": self = .hostBridge
      case "NODE", "SOC": self = .node
      case "SYS", "QPI": self = .system
      default: return nil
      }
    }

    static func < (left: Distance, right: Distance) -> Bool { left.rawValue < right.rawValue }
  }

  private enum Cell: Hashable {
    case own
    case direct(Int)
    case far(Distance)
  }

  private let file: String
  private var names: [String] = []
  private var cells: [[Int]: (cell: Cell, line: Int)] = [:]
  private var affinity: [Int: String] = [:]

  private init(file: String) { self.file = file }

  /// Reads a matrix.
  ///
  /// - Parameters:
  ///   - text: The tool's output.
  ///   - file: The file's name, for errors.
  /// - Throws: `ConfigurationError` naming the line of what is wrong.
  public static func read(_ text: String, file: String) throws(ConfigurationError) -> Machine {
    var reader = TopologyMatrixReader(file: file)
    return try reader.machine(of: text)
  }

  /// Terminals colour and underline the header.
  private static func plain(_ line: Substring) -> String {
    var result = ""
    var isEscape = false
    for character in line {
      if character == "\u{1B}" {
        isEscape = true
      } else if isEscape {
        if character.isLetter { isEscape = false }
      } else if character != "\r" {
        result.append(character)
      }
    }
    return result
  }

  private static func isDevice(_ word: some StringProtocol) -> Bool {
    let prefixes = ["GPU", "NIC", "mlx", "bnxt", "hfi", "efa", "rdma", "ib", "roce"]
    return word.last?.isNumber == true && prefixes.contains { word.hasPrefix($0) }
  }

  private func error(_ line: Int?, _ path: String = "", _ message: String) -> ConfigurationError {
    ConfigurationError(file: file, line: line, path: path, message: message)
  }

  private mutating func machine(of text: String) throws(ConfigurationError) -> Machine {
    var rows = 0
    for (index, raw) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      let line = Self.plain(raw)
      if line.trimmingPrefix(while: \.isWhitespace).hasPrefix("Legend") { break }
      let words = line.split(whereSeparator: \.isWhitespace).map { String($0) }
      guard let first = words.first else { continue }
      if names.isEmpty {
        guard first.hasPrefix("GPU") else { continue }
        names = Array(words.prefix { Self.isDevice($0) })
        guard names.count <= 256, Set(names).count == names.count else {
          throw error(index + 1, "", "found \(names.count) columns, expected at most 256 devices, each once")
        }
      } else if Self.isDevice(first) {
        try readRow(line, index + 1)
        rows += 1
      }
    }
    guard !names.isEmpty, rows > 0 else {
      throw error(nil, "", "found no matrix, expected the header 'GPU0 …' and a row a GPU as nvidia-smi topo -m prints")
    }
    return try assemble()
  }

  private mutating func readRow(_ line: String, _ number: Int) throws(ConfigurationError) {
    // With tabs an empty field keeps its column; with spaces alone it can't be told from its neighbours.
    var fields =
      line.contains("\t")
      ? line.split(separator: "\t", omittingEmptySubsequences: false).map { String($0) }
      : line.split(whereSeparator: \.isWhitespace).map { String($0) }
    fields = fields.map { String($0.trimmingPrefix(while: \.isWhitespace)) }
      .map { $0.split(separator: " ").first.map { String($0) } ?? "" }
    guard let name = fields.first, let row = names.firstIndex(of: name) else {
      throw error(number, fields.first ?? "", "found a row of a device that the header lacks")
    }
    for (column, text) in fields.dropFirst().prefix(names.count).enumerated() {
      guard !text.isEmpty, text != "N/A" else { continue }
      let cell: Cell
      if text == "X" {
        cell = .own
      } else if text.hasPrefix("NV"), let count = Int(text.dropFirst(2)),
        (1...PeerLinkGeneration.mostLinks).contains(count)
      {
        cell = .direct(count)
      } else if let distance = Distance(text) {
        cell = .far(distance)
      } else if text.first?.isNumber == true {
        // The row has fewer cells than the header, and this is its CPU affinity.
        affinity[row] = text
        break
      } else {
        throw error(
          number, "\(name), \(names[column])",
          "found '\(text)', expected X, NV#, PIX, PXB, PHB, NODE or SYS, with up to \(PeerLinkGeneration.mostLinks) links"
        )
      }
      guard (cell == .own) == (row == column) else {
        throw error(number, "\(name), \(names[column])", "found '\(text)', expected X on the diagonal and only there")
      }
      if let other = cells[[row, column]] {
        throw error(number, name, "found a second row of the device, whose first is line \(other.line)")
      }
      if let other = cells[[column, row]], other.cell != cell {
        throw error(
          number, "\(name), \(names[column])",
          "found '\(text)', which differs from line \(other.line): the matrix is not symmetric")
      }
      cells[[row, column]] = (cell, number)
    }
    if let rest = fields.dropFirst(names.count + 1).first, !rest.isEmpty { affinity[row] = rest }
  }

  private func cell(_ first: Int, _ second: Int) -> Cell? {
    (cells[[first, second]] ?? cells[[second, first]])?.cell
  }

  private func assemble() throws(ConfigurationError) -> Machine {
    var machine = Machine()
    let gpus = names.indices.filter { names[$0].hasPrefix("GPU") }
    for _ in gpus { machine.gpus.append(Machine.GPU()) }
    let nics = names.indices.filter { !names[$0].hasPrefix("GPU") }
    machine.nics = nics.map { Machine.NIC(name: names[$0]) }
    for (first, row) in gpus.enumerated() {
      for second in gpus.indices.dropFirst(first + 1) {
        guard let cell = cell(row, gpus[second]) else {
          throw error(nil, "\(names[row]), \(names[gpus[second]])", "found nothing, expected how the two are connected")
        }
        if case .direct(let count) = cell {
          machine.peerLinks.append(Machine.PeerLink(gpu: first, peer: second, count: count))
        }
      }
    }
    addTree(gpus, nics, to: &machine)
    return machine
  }

  /// Devices that are near are put together: first by NUMA node, then by host bridge, then by switch.
  private func addTree(_ gpus: [Int], _ nics: [Int], to machine: inout Machine) {
    let all = gpus + nics
    func kind(_ device: Int) -> PCIeTree.Kind {
      gpus.firstIndex(of: device).map { .gpu($0) } ?? .nic(nics.firstIndex(of: device) ?? 0)
    }
    /// NVLinks hide how far apart two GPUs are on PCIe: their affinity tells whether they share a NUMA node.
    func isNear(_ first: Int, _ second: Int, within limit: Distance) -> Bool {
      switch cell(first, second) {
      case .far(let distance): distance <= limit
      case .direct:
        limit == .node && affinity[first] != nil && affinity[first] == affinity[second]
      case .own, nil: false
      }
    }
    func groups(_ members: [Int], within limit: Distance) -> [[Int]] {
      var groups: [[Int]] = []
      for member in members {
        let joined = groups.indices.filter { groups[$0].contains { isNear($0, member, within: limit) } }
        let merged = joined.flatMap { groups[$0] } + [member]
        groups = groups.indices.filter { !joined.contains($0) }.map { groups[$0] } + [merged.sorted()]
      }
      return groups.sorted { ($0.first ?? 0) < ($1.first ?? 0) }
    }
    for node in groups(all, within: .node) {
      let socket = machine.tree.add(.socket)
      let hosts = groups(node, within: .hostBridge)
      for host in hosts {
        let parent = hosts.count > 1 ? machine.tree.add(.hostBridge, under: socket) : socket
        for several in groups(host, within: .bridges) {
          let singles = groups(several, within: .bridge)
          let upper = singles.count > 1 ? machine.tree.add(.switch, under: parent) : parent
          for group in singles {
            let bridge = group.count > 1 ? machine.tree.add(.switch, under: upper) : upper
            for member in group { machine.tree.add(kind(member), under: bridge) }
          }
        }
      }
    }
  }
}

extension StringProtocol {
  /// The text from its first character that a predicate is false for.
  fileprivate func trimmingPrefix(while predicate: (Character) -> Bool) -> SubSequence { drop(while: predicate) }
}
