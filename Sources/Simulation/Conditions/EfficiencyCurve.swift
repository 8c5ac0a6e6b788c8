import Quantities
import RealModule

/// The share of a link's payload bandwidth that a message of a given size reaches, as protocols with flags, small
/// packets or a ramp have it.
///
/// Between the points the share is linear in the logarithm of the size; outside, it is that of the nearest point. A
/// message of s bytes takes the link as s divided by the share would.
public struct EfficiencyCurve: Hashable, Sendable {
  /// One measured or assumed point.
  public struct Point: Hashable, Sendable {
    /// The size of the message.
    public var size: Bytes
    /// The share, above 0 and at most 1.
    public var share: Double

    /// Creates a point.
    public init(size: Bytes, share: Double) {
      self.size = size
      self.share = share
    }
  }

  /// The points by rising size; at least one.
  public let points: [Point]
  private let logarithms: [Double]

  /// Creates a curve.
  ///
  /// - Parameter points: By rising size, sizes above zero, shares above 0 and at most 1; none gives a share of 1.
  public init(points: [Point]) {
    self.points = points
    logarithms = points.map { Double.log2(Double($0.size.count)) }
  }

  /// The share that a message reaches.
  public func share(of bytes: Int64) -> Double {
    guard let first = points.first, let last = points.last else { return 1 }
    guard bytes > first.size.count else { return first.share }
    guard bytes < last.size.count else { return last.share }
    let next = points.firstIndex { $0.size.count > bytes } ?? points.count - 1
    let logarithm = Double.log2(Double(bytes))
    let step = (logarithm - logarithms[next - 1]) / (logarithms[next] - logarithms[next - 1])
    return points[next - 1].share + (points[next].share - points[next - 1].share) * step
  }
}
