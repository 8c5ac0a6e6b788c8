/// The order of endpoints by rail: the first ports of all nodes, then their second ports, and so on.
struct RailSorting {
  /// The number of rails.
  let rails: Int
  /// The number of endpoints of the widest rail.
  let widest: Int
  /// The number of rails that have no endpoint, because nodes have fewer ports than there are rails.
  let emptyRails: Int
  /// For each endpoint its rail and its place in the rail; empty when there is one rail.
  private let entries: [(rail: Int, index: Int)]

  init(context: ShapeContext, rails: Int) {
    self.rails = rails
    guard rails > 1 else {
      widest = context.endpointCount
      emptyRails = 0
      entries = []
      return
    }
    var counts = [Int](repeating: 0, count: rails)
    entries = (0..<context.endpointCount).map { endpoint in
      let port = context.port(endpoint)
      let rail = Self.rail(ofPort: port.index, of: port.count, rails: rails)
      counts[rail] += 1
      return (rail, counts[rail] - 1)
    }
    widest = counts.max() ?? 0
    emptyRails = counts.count { $0 == 0 }
  }

  /// The place of each endpoint when rail `r` starts at place `r * railSize`; empty when there is one rail.
  func places(railSize: Int) -> [Int] {
    entries.map { $0.rail * railSize + $0.index }
  }

  /// The rail of a port of a node: the ports are dealt to the rails in equal runs.
  @inline(__always)
  static func rail(ofPort port: Int, of ports: Int, rails: Int) -> Int { port * rails / ports }

  /// The ports of a node that belong to a rail; may be empty.
  @inline(__always)
  static func ports(ofRail rail: Int, of ports: Int, rails: Int) -> Range<Int> {
    (rail * ports + rails - 1) / rails..<((rail + 1) * ports + rails - 1) / rails
  }
}
