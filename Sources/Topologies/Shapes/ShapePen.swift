import Quantities

/// What a shape needs to draw itself: the link classes, and what the endpoints are wired with.
struct ShapePen {
  /// The link classes of the topology.
  var linkClasses: [LinkClass]
  /// For each class, the number of endpoints wired with it, where node groups name their own (-1: the shape's); or nil.
  var endpointClasses: [(linkClass: Int, count: Int)]?

  /// A row for so many cables of a class.
  func cables(_ count: Int, _ linkClass: Int, _ note: String = "") -> DrawingRow {
    let link = linkClasses[linkClass]
    return .cables("\(count) x \(link.name), \(link.bandwidth), \(link.latency)" + (note.isEmpty ? "" : ", \(note)"))
  }

  /// The rows for the cables of the endpoints.
  func edgeCables(_ count: Int, _ linkClass: Int) -> [DrawingRow] {
    guard let endpointClasses else { return [cables(count, linkClass)] }
    return endpointClasses.map { cables($0.count, $0.linkClass < 0 ? linkClass : $0.linkClass) }
  }
}
