import Machines
import Quantities

extension MeasuredLinks {
  /// The routes of copies one way: bandwidths of the largest size, latencies of the smallest.
  ///
  /// - Parameters:
  ///   - copies: What was measured, at the same sizes on every route.
  ///   - isEmulation: Whether it was found on the tests' emulation.
  public init(_ copies: [LinkMeasurement], isEmulation: Bool) {
    let sizes = copies.map(\.bytes)
    let (smallest, largest) = (sizes.min() ?? .zero, sizes.max() ?? .zero)
    var routes: [Route] = []
    for copy in copies where copy.bytes == largest {
      let ends: (from: Int?, to: Int?)
      switch copy.route {
      case .oneWay(let from, let to): ends = (from, to)
      case .toDevice(let device): ends = (nil, device)
      case .fromDevice(let device): ends = (device, nil)
      case .bothWays: continue
      }
      let short = copies.first { $0.route == copy.route && $0.bytes == smallest }?.times.median
      routes.append(
        Route(
          from: ends.from, to: ends.to, bandwidth: copy.bandwidth,
          latency: short.flatMap { $0 > 0 ? Seconds($0) : nil }, isStaged: !copy.isDirect))
    }
    self.init(
      routes: routes, largest: largest, smallest: smallest, provenance: isEmulation ? .emulated : .measured)
  }
}
