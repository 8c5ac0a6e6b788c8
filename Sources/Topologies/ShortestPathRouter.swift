/// Shortest paths on any graph, with deterministic equal-cost multi-path.
///
/// Cost is the number of links. For each destination the distance of every vertex is found once, by breadth-first
/// search back from it; a message then walks down the distances, and where several next links are equally near the
/// salt chooses one. Vertices that do not forward are never passed through.
public struct ShortestPathRouter: Router {
  private let deviceVertices: [Int]
  private let outgoing: [[Int32]]
  private let heads: [Int32]
  private let forwards: [Bool]
  /// For each device, the distance of every vertex to it; -1 where there is none.
  private let distances: [[Int32]]

  /// Prepares the distances.
  ///
  /// - Parameters:
  ///   - graph: The graph.
  ///   - deviceVertices: The vertex of each rank.
  /// - Complexity: O(ranks × (vertices + links)) time, O(ranks × vertices) memory: meant for explicit graphs; the
  ///   regular fabrics have routers of their own that need no table.
  public init(graph: Graph, deviceVertices: [Int]) {
    self.deviceVertices = deviceVertices
    outgoing = graph.outgoing
    heads = graph.links.map(\.to)
    forwards = graph.vertices.map(\.forwards)
    var incoming = [[Int32]](repeating: [], count: graph.vertices.count)
    for link in graph.links { incoming[Int(link.to)].append(link.from) }
    let forwards = self.forwards
    distances = deviceVertices.map { target in
      var distance = [Int32](repeating: -1, count: incoming.count)
      distance[target] = 0
      var queue = [target]
      var next = 0
      while next < queue.count {
        let vertex = queue[next]
        next += 1
        guard vertex == target || forwards[vertex] else { continue }
        for neighbour in incoming[vertex] where distance[Int(neighbour)] < 0 {
          distance[Int(neighbour)] = distance[vertex] + 1
          queue.append(Int(neighbour))
        }
      }
      return distance
    }
  }

  /// Appends the links of a shortest path; see ``Router/appendRoute(from:to:salt:into:)``.
  public func appendRoute(from source: Int, to destination: Int, salt: UInt64, into links: inout [Int32]) -> Bool {
    let distance = distances[destination]
    var vertex = deviceVertices[source]
    guard distance[vertex] >= 0 else { return false }
    while distance[vertex] > 0 {
      let nearer = distance[vertex] - 1
      let from = vertex
      func isNext(_ link: Int32) -> Bool {
        let head = Int(heads[Int(link)])
        return distance[head] == nearer && (nearer == 0 || forwards[head])
      }
      // Counted first and picked second: a list of candidates would cost an allocation per link of every message.
      var count = 0
      for link in outgoing[from] where isNext(link) { count += 1 }
      guard count > 0 else { return false }
      let choice = SeededHash.mix(salt, UInt64(from), UInt64(nearer + 1))
      var skip = Int(choice % UInt64(count))
      for link in outgoing[from] where isNext(link) {
        if skip == 0 {
          links.append(link)
          vertex = Int(heads[Int(link)])
          break
        }
        skip -= 1
      }
    }
    return true
  }

  /// Whether a way exists from one device to another.
  func reaches(from source: Int, to destination: Int) -> Bool {
    distances[destination][deviceVertices[source]] >= 0
  }
}
