/// Finds ways through a cluster that avoid some of its links.
///
/// A way has the fewest links that are left to it; among equal ones the cluster's seed chooses as routers do. Vertices
/// that do not forward are never passed through.
public struct DetourSearch: Sendable {
  private let topology: Topology
  private let incoming: [[Int32]]

  /// Prepares the search.
  public init(_ topology: Topology) {
    self.topology = topology
    var incoming = [[Int32]](repeating: [], count: topology.graph.vertices.count)
    for (index, link) in topology.graph.links.enumerated() { incoming[Int(link.to)].append(Int32(index)) }
    self.incoming = incoming
  }

  /// The way from one rank to another.
  ///
  /// - Parameters:
  ///   - source: The rank that sends.
  ///   - destination: The rank that receives.
  ///   - isClosed: Whether a link is to be avoided.
  /// - Returns: nil when no way is left.
  /// - Complexity: O(vertices + links).
  public func route(from source: Int, to destination: Int, avoiding isClosed: (Int) -> Bool) -> Route? {
    guard source != destination else { return Route(links: [], in: topology.graph) }
    let graph = topology.graph
    let start = topology.devices[source].vertex
    let target = topology.devices[destination].vertex
    let distances = distances(to: target, isClosed)
    guard distances[start] >= 0 else { return nil }
    var links: [Int32] = []
    var vertex = start
    let salt = SeededHash.mix(topology.routingSeed, UInt64(source), UInt64(destination))
    while vertex != target {
      let nearer = distances[vertex] - 1
      let nextLinks = graph.outgoing[vertex].filter { link in
        let head = Int(graph.links[Int(link)].to)
        return !isClosed(Int(link)) && distances[head] == nearer
          && (head == target || graph.vertices[head].forwards)
      }
      guard !nextLinks.isEmpty else { return nil }
      let choice = SeededHash.mix(salt, UInt64(vertex), UInt64(nearer + 1)) % UInt64(nextLinks.count)
      links.append(nextLinks[Int(choice)])
      vertex = Int(graph.links[Int(nextLinks[Int(choice)])].to)
    }
    return Route(links: links, in: graph)
  }

  /// The number of open links from each vertex to a target; -1 where there is no way.
  private func distances(to target: Int, _ isClosed: (Int) -> Bool) -> [Int32] {
    let graph = topology.graph
    var distances = [Int32](repeating: -1, count: graph.vertices.count)
    distances[target] = 0
    var queue = [target]
    var next = 0
    while next < queue.count {
      let vertex = queue[next]
      next += 1
      guard vertex == target || graph.vertices[vertex].forwards else { continue }
      for link in incoming[vertex] where !isClosed(Int(link)) {
        let tail = Int(graph.links[Int(link)].from)
        guard distances[tail] < 0 else { continue }
        distances[tail] = distances[vertex] + 1
        queue.append(tail)
      }
    }
    return distances
  }
}
