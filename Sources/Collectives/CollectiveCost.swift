import Quantities

/// The time of a collective, by what takes it.
public struct CollectiveCost: Hashable, Sendable {
  /// The launch of the communication kernel.
  public var launch: Seconds
  /// The software's time to post the messages of the longest chain.
  public var overhead: Seconds
  /// The latency of the links that the longest chain crosses.
  public var latency: Seconds
  /// The bytes of the longest chain at the rate that they get.
  public var bandwidth: Seconds
  /// The reductions of the longest chain.
  public var reduction: Seconds

  /// Creates a cost; see the properties for the meaning of each part.
  public init(
    launch: Seconds = .zero, overhead: Seconds = .zero, latency: Seconds = .zero, bandwidth: Seconds = .zero,
    reduction: Seconds = .zero
  ) {
    self.launch = launch
    self.overhead = overhead
    self.latency = latency
    self.bandwidth = bandwidth
    self.reduction = reduction
  }

  /// The whole time.
  public var total: Seconds { launch + overhead + latency + bandwidth + reduction }

  /// Nothing.
  public static let zero = CollectiveCost()

  /// One after the other.
  public static func + (left: CollectiveCost, right: CollectiveCost) -> CollectiveCost {
    CollectiveCost(
      launch: left.launch + right.launch, overhead: left.overhead + right.overhead,
      latency: left.latency + right.latency, bandwidth: left.bandwidth + right.bandwidth,
      reduction: left.reduction + right.reduction)
  }

  /// So many times.
  public static func * (left: CollectiveCost, right: Double) -> CollectiveCost {
    CollectiveCost(
      launch: left.launch * right, overhead: left.overhead * right, latency: left.latency * right,
      bandwidth: left.bandwidth * right, reduction: left.reduction * right)
  }
}
