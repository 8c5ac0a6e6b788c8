import Topologies

/// Routes messages as a list says.
struct ListedRoutes: Router {
  private struct Pair: Hashable {
    var source: Int
    var destination: Int
  }

  private let links: [Pair: [Int32]]

  /// Prepares the routes of a job; of two between the same hosts the later one counts.
  init(_ routes: [FlowJob.Route]) {
    links = Dictionary(
      routes.map { (Pair(source: $0.source, destination: $0.destination), $0.links.map { Int32($0) }) },
      uniquingKeysWith: { $1 })
  }

  func appendRoute(from source: Int, to destination: Int, salt: UInt64, into links: inout [Int32]) -> Bool {
    guard let listed = self.links[Pair(source: source, destination: destination)] else { return false }
    links.append(contentsOf: listed)
    return true
  }
}
