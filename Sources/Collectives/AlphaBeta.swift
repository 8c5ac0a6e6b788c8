import Devices
import Quantities
import Topologies

/// A network in which every pair of ranks has equal links of its own, and all devices are equal: the setting of the
/// closed forms of collectives (Hockney's alpha-beta model, 1994, with the gamma of Thakur, Rabenseifner and Gropp,
/// IJHPCA 2005).
///
/// A message of b bytes takes ``overhead`` + ``latency`` + b/``bandwidth``, where its sender posts one message after
/// another (the o of LogP, Culler et al. 1993): of k messages at once the last takes k times the overhead. Combining
/// two slices of b bytes takes 3b/``reductionRate``, as two are read and one is written.
public struct AlphaBeta: Hashable, Sendable {
  /// The launch of a communication kernel.
  public var launch: Seconds
  /// The software's time to post one message.
  public var overhead: Seconds
  /// The latency of a message over all links that it crosses.
  public var latency: Seconds
  /// The rate of a message's bytes.
  public var bandwidth: BytesPerSecond
  /// The rate at which a device's kernels stream its memory.
  public var reductionRate: BytesPerSecond

  /// Creates a network; see the properties for the meaning of each value.
  public init(
    launch: Seconds, overhead: Seconds, latency: Seconds, bandwidth: BytesPerSecond, reductionRate: BytesPerSecond
  ) {
    self.launch = launch
    self.overhead = overhead
    self.latency = latency
    self.bandwidth = bandwidth
    self.reductionRate = reductionRate
  }

  /// The network of one kind of link and one kind of device.
  ///
  /// - Parameters:
  ///   - route: The way of every message.
  ///   - device: The device at every rank.
  public init(route: Route, device: DeviceProfile) {
    self.init(
      launch: device.launchOverhead, overhead: route.messageOverhead, latency: route.latency,
      bandwidth: route.bandwidth, reductionRate: device.achievedMemoryBandwidth)
  }

  /// The time of a chain of messages: how many there are, how many its senders post up to the last of each, its bytes,
  /// and those of the slices that are combined.
  func cost(messages: Int, posts: Int, bytes: Double, reduced: Double) -> CollectiveCost {
    CollectiveCost(
      overhead: overhead * Double(posts), latency: latency * Double(messages),
      bandwidth: Seconds(bytes / bandwidth.bytesPerSecond),
      reduction: Seconds(3 * reduced / reductionRate.bytesPerSecond))
  }
}
