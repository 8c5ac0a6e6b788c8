import Quantities

/// The vertices and directed links of a cluster.
///
/// Vertices, links and classes are named by their index. Adding is append-only, so an index stays valid:
///
///     var graph = Graph()
///     let nvlink = graph.add(LinkClass(name: "nvlink4", bandwidth: BytesPerSecond(450e9), latency: Seconds(5e-7)))
///     let gpu = graph.add(Vertex(name: "gpu0", kind: .device, forwards: false))
///     let hub = graph.add(Vertex(name: "nvswitch", kind: .switch, forwards: true))
///     graph.connect(gpu, hub, linkClass: nvlink, tier: .scaleUp)
public struct Graph: Sendable {
  /// Every vertex.
  public private(set) var vertices: [Vertex] = []
  /// Every directed link.
  public private(set) var links: [Link] = []
  /// Every link class that the topology names, used or not.
  public private(set) var linkClasses: [LinkClass] = []
  /// For each vertex, the links that leave it, in the order in which they were added.
  public private(set) var outgoing: [[Int32]] = []

  /// Creates an empty graph.
  public init() {}

  /// Adds a link class and returns its index.
  public mutating func add(_ linkClass: LinkClass) -> Int {
    linkClasses.append(linkClass)
    return linkClasses.count - 1
  }

  /// Gives the links of a class other figures; which links there are, and how messages are routed, stays as it is.
  ///
  /// - Parameters:
  ///   - index: The index of the class.
  ///   - linkClass: What takes its place.
  public mutating func setLinkClass(at index: Int, to linkClass: LinkClass) {
    linkClasses[index] = linkClass
  }

  /// Adds a vertex and returns its index.
  public mutating func add(_ vertex: Vertex) -> Int {
    vertices.append(vertex)
    outgoing.append([])
    return vertices.count - 1
  }

  /// Makes room for so many more vertices and links, so that adding them moves nothing.
  public mutating func reserve(vertices vertexCount: Int, links linkCount: Int) {
    vertices.reserveCapacity(vertices.count + vertexCount)
    outgoing.reserveCapacity(outgoing.count + vertexCount)
    links.reserveCapacity(links.count + linkCount)
  }

  /// Adds one directed link and returns its index.
  ///
  /// - Parameters:
  ///   - from: The vertex that sends.
  ///   - to: The vertex that receives.
  ///   - linkClass: The index of its class.
  ///   - tier: Where in the cluster it lies.
  @discardableResult
  public mutating func addLink(from: Int, to: Int, linkClass: Int, tier: LinkTier) -> Int {
    links.append(Link(from: Int32(from), to: Int32(to), linkClass: Int32(linkClass), tier: tier))
    outgoing[from].append(Int32(links.count - 1))
    return links.count - 1
  }

  /// Adds a full-duplex cable: two links, the one from `a` to `b` first.
  ///
  /// - Returns: The index of the link from `a` to `b`; the one back follows it.
  @discardableResult
  public mutating func connect(_ a: Int, _ b: Int, linkClass: Int, tier: LinkTier) -> Int {
    let forward = addLink(from: a, to: b, linkClass: linkClass, tier: tier)
    addLink(from: b, to: a, linkClass: linkClass, tier: tier)
    return forward
  }

  /// The rate that payload can reach on a link.
  public func payloadBandwidth(ofLink link: Int) -> BytesPerSecond {
    linkClasses[Int(links[link].linkClass)].payloadBandwidth
  }

  /// The class of a link.
  public func linkClass(ofLink link: Int) -> LinkClass {
    linkClasses[Int(links[link].linkClass)]
  }
}
