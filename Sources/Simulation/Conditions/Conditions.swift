import Quantities

/// What a run meets beside the cluster as it is described: slow ranks, late starts, jitter, links that change, other
/// traffic, and how devices copy and receive.
///
/// Everything is given by rank or by link, already drawn where it is random; only what is drawn anew for every kernel
/// or message (``kernelJitter``, ``messageJitters``) is left to the run, by ``seed``. Empty arrays mean "as described".
/// No condition but ``kernelTimes`` gives a link or a device more than it has, so that the bounds of physics hold as
/// without.
public struct Conditions: Hashable, Sendable {
  /// When each rank may begin its first operation.
  public var startDelays: [Seconds] = []
  /// The factor, 1 or more, by which each rank's kernels, with their launches, take longer.
  public var slowdowns: [Double] = []
  /// The times of kernels that a device's launch overhead and roofline do not tell, as measured or fitted kernels have
  /// them: for each device profile of the cluster, for each kernel of the program; nil, or nothing at all, for what the
  /// profile says. The one condition that may make a kernel faster than its device is described: the bounds of such a
  /// kernel are these times.
  public var kernelTimes: [[Seconds?]] = []
  /// The extra share of its time that every kernel takes, drawn for each: 0.05 makes it 5 % longer.
  public var kernelJitter: Distribution?
  /// For each link class of the graph, the extra seconds of latency of every message that crosses it, drawn for each.
  public var messageJitters: [Distribution?] = []
  /// The share, above 0 and at most 1, of its payload bandwidth that each link has from the start.
  public var linkFactors: [Double] = []
  /// The changes of links during the run, by rising time.
  public var linkChanges: [LinkChange] = []
  /// Other traffic.
  public var background: [BackgroundFlow] = []
  /// For each link class of the graph, whether the two directions of its cables share the bandwidth of one.
  public var halfDuplex: [Bool] = []
  /// For each link class of the graph, what messages of a size reach; on a route the least of its links' shares counts.
  public var efficiencies: [EfficiencyCurve?] = []
  /// How many messages a device can send at a time; nil for any number.
  public var copyEngines: Int?
  /// The share, 0 to 1, of its speed that a device's launched kernels lose while it sends or receives: 0 where copy
  /// engines or NICs move the bytes, 20/132 where a communication kernel takes 20 of 132 SMs, 1 where nothing overlaps.
  public var communicationShare = 0.0
  /// The bytes of messages that a rank can take in before it reaches their receives; zero for rendezvous, where a
  /// message starts only when both sides have been reached.
  public var receiveBuffer = Bytes.zero
  /// Chooses the samples of jitter that are drawn during the run.
  public var seed: UInt64 = 0

  /// Conditions that change nothing.
  public init() {}
}
