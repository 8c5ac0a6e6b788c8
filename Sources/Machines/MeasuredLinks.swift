import Quantities

/// What copies over the routes of a machine took, for the link classes of its topology file.
public struct MeasuredLinks: Hashable, Sendable {
  /// One direction between two memories.
  public struct Route: Hashable, Sendable {
    /// The GPU that the bytes come from, as an index into ``Machine/gpus``; nil for the host.
    public var from: Int?
    /// The GPU that they go to; nil for the host.
    public var to: Int?
    /// The rate of the largest copy; nil where it was not found.
    public var bandwidth: BytesPerSecond?
    /// The time of the smallest copy; nil where it was not found.
    public var latency: Seconds?
    /// Whether the GPUs don't reach each other's memory, so that the copies went through the host's.
    public var isStaged: Bool

    /// Creates a route; see the properties for the meaning of each value.
    public init(from: Int?, to: Int?, bandwidth: BytesPerSecond?, latency: Seconds?, isStaged: Bool = false) {
      self.from = from
      self.to = to
      self.bandwidth = bandwidth
      self.latency = latency
      self.isStaged = isStaged
    }
  }

  /// The routes, each way by itself.
  public var routes: [Route]
  /// The size that bandwidths are of.
  public var largest: Bytes
  /// The size that latencies are of.
  public var smallest: Bytes
  /// Measured or, from the tests' emulation, emulated.
  public var provenance: Provenance

  /// Creates measurements; see the properties for the meaning of each value.
  public init(routes: [Route], largest: Bytes, smallest: Bytes, provenance: Provenance) {
    self.routes = routes
    self.largest = largest
    self.smallest = smallest
    self.provenance = provenance
  }
}

extension MeasuredLinks {
  /// A figure as a topology file has it, with what it was found from.
  struct Figure: Hashable {
    let text: String
    let comment: String
  }

  /// What was measured of a link class.
  struct Figures: Hashable {
    let bandwidth: Figure?
    let latency: Figure?
    let provenance: Provenance
  }

  /// What routes say of a link class: medians over all of them, with their range.
  ///
  /// - Parameter crossings: The routes that tell of the class, each with the number of links that it crosses where all of
  ///   them are of the class; nil where others lie on the way, whose share of the latency no copy tells.
  func figures(of crossings: [(route: Route, links: Int?)]) -> Figures {
    let rates = crossings.compactMap { $0.route.bandwidth?.bytesPerSecond }
    let times = crossings.compactMap { crossing in
      crossing.links.flatMap { links in crossing.route.latency.map { (time: $0.seconds, links: links) } }
    }
    let staged = crossings.contains { $0.route.isStaged } ? ", through the host's memory" : ""
    let word = provenance.rawValue
    let links = Set(times.map(\.links)).sorted()
    let over =
      links == [1]
      ? "" : ", over the " + links.map { "\($0)" }.joined(separator: " or ") + " links that each crosses"
    return Figures(
      bandwidth: rates.isEmpty
        ? nil
        : Figure(
          text: Self.gigabytes(OrderStatistics.median(rates)),
          comment: "\(word): copies of \(largest) one way\(staged), \(Self.spread(rates, Self.gigabytes))"),
      latency: times.isEmpty
        ? nil
        : Figure(
          text: Self.microseconds(OrderStatistics.median(times.map { $0.time / Double($0.links) })),
          comment: "\(word): copies of \(smallest)\(staged)\(over), "
            + Self.spread(times.map(\.time), Self.microseconds)),
      provenance: provenance)
  }

  /// What copies between the host's memory and GPUs took, in lines; none where nothing was measured.
  var hostRemarks: [String] {
    let ways = [
      ("the host's pinned memory to a GPU", routes.filter { $0.from == nil }),
      ("a GPU to the host's pinned memory", routes.filter { $0.to == nil }),
    ]
    return ways.compactMap { way, routes in
      let rates = routes.compactMap { $0.bandwidth?.bytesPerSecond }
      let times = routes.compactMap { $0.latency?.seconds }
      guard !rates.isEmpty, !times.isEmpty else { return nil }
      return "From \(way), \(provenance.rawValue): \(Self.gigabytes(OrderStatistics.median(rates))) with \(largest), "
        + "\(Self.spread(rates, Self.gigabytes)); \(Self.microseconds(OrderStatistics.median(times))) with \(smallest)."
    }
  }

  /// Such as `median of 56 routes, 371 GB/s to 395 GB/s`.
  private static func spread(_ values: [Double], _ text: (Double) -> String) -> String {
    guard values.count > 1, let least = values.min(), let most = values.max() else { return "1 route" }
    return "median of \(values.count) routes, \(text(least)) to \(text(most))"
  }

  private static func gigabytes(_ rate: Double) -> String {
    NumberText.format(rate / 1e9, significantDigits: 4) + " GB/s"
  }

  private static func microseconds(_ time: Double) -> String {
    NumberText.format(time * 1e6, significantDigits: 4) + " us"
  }
}
