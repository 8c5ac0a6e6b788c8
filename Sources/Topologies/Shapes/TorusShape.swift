import Configuration
import Quantities

/// A grid of endpoints in any number of dimensions, each dimension closed into a ring.
///
///     fabric: {kind: torus, dimensions: [4, 4, 4], link: ici}
///
/// Endpoint `e` stands at the coordinates of `e` written with the dimensions as its bases, the first dimension fastest.
/// Routing is dimension-order (Dally and Seitz, "Deadlock-free message routing in multiprocessor interconnection
/// networks", IEEE Transactions on Computers 1987): the first dimension first, each the shorter way round; where both
/// ways are equally long the salt chooses. A dimension of two has one cable between its two coordinates, not two.
struct TorusShape: Shape {
  private let dimensions: [Int]
  private let linkClass: Int
  /// For each dimension, how far apart in endpoint numbers its neighbours are.
  private let strides: [Int]
  /// For each dimension, the index of its first cable; one more entry for the total.
  private let firstCables: [Int]
  private let isRing: Bool

  init(reading field: Field, in context: ShapeContext) throws(ConfigurationError) {
    let mapping = try field.mapping(allowed: ["kind", "link", "dimensions"])
    let list = try mapping.required("dimensions")
    var dimensions: [Int] = []
    for item in try list.list() { dimensions.append(try item.integer(in: 1...context.limits.devices)) }
    guard (1...16).contains(dimensions.count) else {
      throw list.error("found \(dimensions.count) dimensions, expected 1 to 16")
    }
    let size = dimensions.reduce(1.0) { $0 * Double($1) }
    guard size == Double(context.endpointCount) else {
      let product = NumberText.format(size, significantDigits: 12)
      throw list.error(
        "found dimensions that hold \(product) places, expected \(context.endpointCount): one for each of the "
          + "\(context.noun)")
    }
    self.init(dimensions: dimensions, linkClass: try context.linkClass("link", of: mapping), isRing: false)
    try context.check(links: Double(linkCount), at: field)
  }

  init(dimensions: [Int], linkClass: Int, isRing: Bool) {
    var strides: [Int] = []
    var firstCables = [0]
    let count = dimensions.reduce(1, *)
    var stride = 1
    for size in dimensions {
      strides.append(stride)
      firstCables.append((firstCables.last ?? 0) + (size > 2 ? count : size == 2 ? count / 2 : 0))
      stride *= size
    }
    self.dimensions = dimensions
    self.linkClass = linkClass
    self.strides = strides
    self.firstCables = firstCables
    self.isRing = isRing
    endpointCount = count
  }

  let endpointCount: Int
  var vertexCount: Int { 0 }
  var linkCount: Int { 2 * (firstCables.last ?? 0) }
  var endpointsForward: Bool { true }
  var isDirect: Bool { true }

  func build(in graph: inout Graph, at site: ShapeSite) {
    for (dimension, size) in dimensions.enumerated() where size > 1 {
      for endpoint in 0..<endpointCount {
        let coordinate = endpoint / strides[dimension] % size
        guard size > 2 || coordinate == 0 else { continue }
        let next = endpoint + ((coordinate + 1) % size - coordinate) * strides[dimension]
        graph.connect(site.endpoints[endpoint], site.endpoints[next], linkClass: linkClass, tier: site.edgeTier)
      }
    }
  }

  func appendRoute(
    from source: Int, to destination: Int, salt: UInt64, firstLink: Int, into links: inout [Int32]
  ) -> Bool {
    var place = source
    for dimension in 0..<dimensions.count {
      let size = dimensions[dimension]
      let stride = strides[dimension]
      var coordinate = place / stride % size
      let target = destination / stride % size
      let ahead = (target - coordinate + size) % size
      guard ahead != 0 else { continue }
      let tie = 2 * ahead == size && SeededHash.mix(salt, UInt64(dimension), 0) & 1 == 1
      let forward = 2 * ahead < size || (2 * ahead == size && !tie)
      for _ in 0..<(forward ? ahead : size - ahead) {
        let next = forward ? (coordinate + 1) % size : (coordinate + size - 1) % size
        // A cable is numbered by the end that it leaves in the rising direction; the only one of a pair, by the lower.
        let rising = size == 2 ? coordinate == 0 : forward
        let origin = place + ((rising ? coordinate : next) - coordinate) * stride
        let index = size == 2 ? origin / (2 * stride) * stride + origin % stride : origin
        links.append(Int32(firstLink + 2 * (firstCables[dimension] + index) + (rising ? 0 : 1)))
        place += (next - coordinate) * stride
        coordinate = next
      }
    }
    return true
  }

  var title: String { isRing ? "ring" : "torus " + dimensions.map(String.init).joined(separator: " x ") }

  func drawing(_ pen: ShapePen) -> [DrawingRow] {
    [pen.cables(linkCount / 2, linkClass, isRing ? "each to the next, closed" : "to the neighbours, closed")]
  }
}
