extension FlowJob {
  /// Reads a job from its text, as UTF-8.
  ///
  /// - Throws: ``FlowJobError`` at the first word that is not what the form has in its place.
  public init(text: some Collection<UInt8>) throws(FlowJobError) {
    var reader = FlowJobReader(text)
    try reader.expect("treeline-job")
    try reader.expect("1")
    try reader.expect("vertices")
    let vertexCount = try reader.integer("a number of vertices", below: .max)
    try reader.expect("hosts")
    let hosts = try reader.integers("a vertex", below: vertexCount)
    try reader.expect("links")
    var links: [Link] = []
    for _ in 0..<(try reader.integer("a number of links", below: .max)) {
      links.append(
        Link(
          from: try reader.integer("a vertex", below: vertexCount),
          to: try reader.integer("a vertex", below: vertexCount),
          bandwidth: try reader.number("a bandwidth above 0") { $0 > 0 },
          latency: try reader.number("a latency of 0 or more") { $0 >= 0 }))
    }
    self.init(vertexCount: vertexCount, hosts: hosts, links: links)
    try reader.expect("routes")
    for _ in 0..<(try reader.integer("a number of routes", below: .max)) {
      routes.append(
        Route(
          source: try reader.integer("a host", below: hosts.count),
          destination: try reader.integer("a host", below: hosts.count),
          links: try reader.integers("a link", below: links.count)))
    }
    try reader.expect("messages")
    let messageCount = try reader.integer("a number of messages", below: .max)
    for index in 0..<messageCount {
      messages.append(
        Message(
          source: try reader.integer("a host", below: hosts.count),
          destination: try reader.integer("a host", below: hosts.count),
          bytes: try reader.integer("a number of bytes", below: .max),
          delay: try reader.number("a delay of 0 or more") { $0 >= 0 },
          after: try reader.integers("an earlier message", below: index)))
    }
  }
}
