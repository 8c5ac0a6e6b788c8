/// A way of joining endpoints: a switch, a torus, a fat tree, ….
///
/// One shape serves at two places: inside a node it joins the devices (scale-up), across nodes it joins their ports
/// (fabric). Each shape is one file that holds its validation, its construction, its routing and its drawing.
///
/// Endpoints are numbered from 0. A shape adds its links in an order that it can compute, so a route is arithmetic on
/// link indices: no table over destinations, and every node of a group shares one shape.
protocol Shape: Sendable {
  /// The number of endpoints joined.
  var endpointCount: Int { get }
  /// The number of vertices added (switches, bridges).
  var vertexCount: Int { get }
  /// The number of directed links added.
  var linkCount: Int { get }
  /// Whether endpoints pass on the traffic of others, as in a ring or torus.
  var endpointsForward: Bool { get }
  /// Whether endpoints are cabled to each other instead of to switches; then `nics.link` can't differ by node.
  var isDirect: Bool { get }
  /// The number of rails that leaves are sorted by; 1 for a shape that knows no rails.
  var railCount: Int { get }
  /// Whether the shape joins endpoints of different rails.
  var joinsRails: Bool { get }
  /// The number of switch chips that one drawn switch stands for.
  var planes: Int { get }

  /// Adds the vertices and links. The first link added must be the one that ``appendRoute`` calls `firstLink`.
  func build(in graph: inout Graph, at site: ShapeSite)

  /// Appends the links of the way between two endpoints; see ``Router/appendRoute(from:to:salt:into:)``.
  ///
  /// - Parameters:
  ///   - source: The endpoint that sends.
  ///   - destination: The endpoint that receives; different from `source`.
  ///   - salt: What chooses among equal paths.
  ///   - firstLink: The index that the first link of this instance of the shape has in the graph.
  ///   - links: Where the indices are appended.
  /// - Returns: False when the shape doesn't join the two.
  func appendRoute(
    from source: Int, to destination: Int, salt: UInt64, firstLink: Int, into links: inout [Int32]
  ) -> Bool

  /// One line that names the shape and its parameters.
  var title: String { get }

  /// The rows of the drawing, from the top of the shape down to the endpoints, which are not part of it.
  func drawing(_ pen: ShapePen) -> [DrawingRow]
}

extension Shape {
  var endpointsForward: Bool { false }
  var isDirect: Bool { false }
  var railCount: Int { 1 }
  var joinsRails: Bool { true }
  var planes: Int { 1 }
}
