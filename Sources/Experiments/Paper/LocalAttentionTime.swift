import Attention
import Devices
import Quantities
import Workloads

/// The time of a rank's attention to its own tokens, and the memory bandwidth that a published time would take.
public struct LocalAttentionTime: Sendable {
  /// A published time.
  public struct Published: Hashable, Sendable {
    /// The time.
    public var time: Seconds
    /// Where it stands.
    public var source: String
  }

  /// The cluster.
  public let topology: ResolvedTopology
  /// The number of ranks.
  public let ranks: Int
  /// The model.
  public let model: ResolvedModel
  /// The tokens of the context.
  public let tokens: Int
  /// What was published.
  public let published: [Published]

  /// The share of the rank with the most tokens, on one device.
  func experiment(_ topology: ResolvedTopology) -> StepExperiment {
    var workload = PublishedCode.workload(model.model.attention, tokens: tokens)
    workload.tokens = workload.shard(ofRank: 0, of: ranks)
    return StepExperiment(topology: topology.topology, workload: workload, layers: 1, ranks: 1)
  }

  private func time(_ topology: ResolvedTopology) throws -> Seconds {
    try experiment(topology).run(.single).figures.makespan
  }

  /// Simulates a rank's share on one device as it is, and on one whose memory is as fast as the published time takes.
  func run() throws -> LocalAttentionOutcome {
    let workload = experiment(topology).workload
    let bytes = workload.cacheBytes(tokens: workload.tokens)
    let device = topology.topology.profile(ofRank: 0)
    let simulated = try time(topology)
    let rows = try published.map { published in
      let left = max((published.time - device.launchOverhead).seconds, 0)
      // Above the bandwidth that the bytes of K and V alone take, as queries and outputs are read and written too.
      let needed = left > 0 ? bytes.baseUnits / left : nil
      let faster = try needed.map { needed in
        let nominal = needed / device.memoryEfficiency
        return try time(
          topology.applying([
            Override(parsing: "devices.\(device.name).memory.bandwidth=\(nominal) B/s")
          ]))
      }
      return LocalAttentionOutcome.Row(
        published: published, bandwidthOfTime: BytesPerSecond(bytes.baseUnits / published.time.seconds),
        faster: faster, fasterBandwidth: needed.map { BytesPerSecond($0) })
    }
    return LocalAttentionOutcome(
      experiment: self, tokensOfRank: workload.tokens, bytes: bytes, simulated: simulated,
      launch: device.launchOverhead, bandwidth: device.memoryBandwidth, deviceName: device.name, rows: rows)
  }
}

/// What came of ``LocalAttentionTime``.
public struct LocalAttentionOutcome: Sendable {
  /// A published time.
  public struct Row: Hashable, Sendable {
    /// What was published.
    public var published: LocalAttentionTime.Published
    /// The rate at which K and V would have to be read for it.
    public var bandwidthOfTime: BytesPerSecond
    /// The time on a device whose memory is read so much faster, simulated; nil where the launch alone takes longer.
    public var faster: Seconds?
    /// The rate that is read at there.
    public var fasterBandwidth: BytesPerSecond?
  }

  /// What was reproduced.
  public let experiment: LocalAttentionTime
  /// The tokens of a rank.
  public let tokensOfRank: Int
  /// The bytes of their K and V.
  public let bytes: Bytes
  /// The time, simulated.
  public let simulated: Seconds
  /// The launch in it.
  public let launch: Seconds
  /// The memory bandwidth of the device, by its data sheet.
  public let bandwidth: BytesPerSecond
  /// The device.
  public let deviceName: String
  /// The published times.
  public let rows: [Row]

  /// How many times the device's bandwidth a published time would take.
  public func times(_ row: Row) -> Double { row.bandwidthOfTime / bandwidth }
}
