extension FlowJob {
  /// The job as text: the form that ``init(text:)`` reads. Numbers are written so that reading gives the same bits.
  public var text: String {
    var lines = ["treeline-job 1", "vertices \(vertexCount)", Self.line("hosts", Self.counted(hosts))]
    lines.append("links \(links.count)")
    for link in links { lines.append("\(link.from) \(link.to) \(link.bandwidth) \(link.latency)") }
    lines.append("routes \(routes.count)")
    for route in routes { lines.append(Self.line("\(route.source) \(route.destination)", Self.counted(route.links))) }
    lines.append("messages \(messages.count)")
    for message in messages {
      lines.append(
        Self.line(
          "\(message.source) \(message.destination) \(message.bytes) \(message.delay)", Self.counted(message.after)))
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// A list as its count and its entries.
  private static func counted(_ values: [Int]) -> String {
    ([values.count] + values).map { String($0) }.joined(separator: " ")
  }

  private static func line(_ head: String, _ tail: String) -> String { head + " " + tail }
}
