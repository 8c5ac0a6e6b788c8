/// The place where a shape is built: the vertices that it joins, and how its own vertices and links are labelled.
struct ShapeSite {
  /// The vertex of each endpoint.
  var endpoints: [Int]
  /// For each endpoint the class of its own link where its node group names one, else -1; nil when none does.
  var endpointClasses: [Int]?
  /// What the names of added vertices start with: `dgx0/` inside a node, nothing in the fabric.
  var prefix: String
  /// The tier of links that touch an endpoint.
  var edgeTier: LinkTier
  /// The tier of links between the shape's own vertices.
  var coreTier: LinkTier

  /// The class of the link of an endpoint.
  func edgeClass(_ endpoint: Int, default fallback: Int) -> Int {
    guard let own = endpointClasses?[endpoint], own >= 0 else { return fallback }
    return own
  }
}
