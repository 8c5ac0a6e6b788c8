import Attention
import Devices
import Quantities
import Topologies
import Workloads

/// Whether a model's KV cache and the buffers of a step fit the devices, and what would make them fit.
public struct MemoryFit: Hashable, Sendable {
  /// The rank with the least room to spare.
  public var rank: Int
  /// The bytes that it needs: the peak of one layer's step, and the shards of all other layers.
  public var needed: Bytes
  /// The memory of its device.
  public var capacity: Bytes
  /// When it does not fit, the fewest ranks on devices of that memory with which it would; nil when no number up to
  /// ``largestSearched`` does, as when every rank must hold everything.
  public var smallestRanks: Int?

  /// The largest number of ranks that is tried.
  public static let largestSearched = 65_536

  /// Whether everything fits.
  public var fits: Bool { needed <= capacity }

  /// By how much it does not fit; zero when it does.
  public var excess: Bytes { fits ? .zero : needed - capacity }

  /// Works out the fit from the peaks of a step.
  ///
  /// - Parameters:
  ///   - peaks: The peak of each rank of the step of one layer.
  ///   - workload: The step.
  ///   - layers: The number of layers, each with a cache of its own.
  ///   - topology: The cluster.
  ///   - algorithm: The algorithm, for the search of the smallest number of ranks.
  init(
    peaks: [Bytes], workload: AttentionWorkload, layers: Int, topology: Topology, algorithm: any AttentionAlgorithm
  ) {
    rank = 0
    needed = .zero
    capacity = Bytes(.max)
    let shares = algorithm.shares(of: workload, among: peaks.count)
    for (candidate, peak) in peaks.enumerated() {
      let memory = topology.profile(ofRank: candidate).memory
      let need = Self.need(peak, rank: candidate, shares, layers)
      if candidate == 0 || memory - need < capacity - needed {
        (rank, needed, capacity) = (candidate, need, memory)
      }
    }
    smallestRanks = nil
    if !fits, peaks.count > 1 || algorithm.name != "single" {
      smallestRanks = Self.smallest(workload, layers, capacity, algorithm)
    }
  }

  private static func need(_ peak: Bytes, rank: Int, _ shares: TokenShares, _ layers: Int) -> Bytes {
    peak + shares.workload.cacheBytes(tokens: shares.keys(ofRank: rank).count) * (layers - 1)
  }

  /// The fewest ranks that fit: from as many as hold the shards alone, doubling until everything fits, then halving the
  /// gap. More ranks never need more memory each, but for a collective's scratch, which is far below a shard.
  private static func smallest(
    _ workload: AttentionWorkload, _ layers: Int, _ capacity: Bytes, _ algorithm: any AttentionAlgorithm
  ) -> Int? {
    let device = DeviceProfile(
      name: "any", title: "any", memory: capacity, memoryBandwidth: BytesPerSecond(1), peak: [:])
    let machine = MachineModel(
      device: device,
      wire: .init(
        launch: .zero, overhead: .zero, latency: .zero, bandwidth: BytesPerSecond(1), reductionRate: BytesPerSecond(1)))
    let algorithm = quickToAsk(algorithm)
    func fits(_ ranks: Int) -> Bool {
      let peaks = algorithm.closedForm(for: workload, on: RankGroup(oneNodeOf: ranks), machine: machine).peakBytesByRank
      let shares = algorithm.shares(of: workload, among: ranks)
      return peaks.enumerated().allSatisfy { need($1, rank: $0, shares, layers) <= capacity }
    }
    let shards = workload.cacheBytes(tokens: workload.tokens) * layers
    // Of fewer, one has more than its even share of tokens, which alone is more than its memory.
    let fewest = max(1, Int((shards / capacity).rounded(.down)))
    guard fewest <= largestSearched else { return nil }
    var low = fewest - 1
    var high = fewest
    while !fits(high) {
      guard high < largestSearched else { return nil }
      low = high
      high = min(2 * high, largestSearched)
    }
    while high - low > 1 {
      let middle = (low + high) / 2
      if fits(middle) { high = middle } else { low = middle }
    }
    return high
  }

  /// An algorithm with the same peaks among ranks of one node, whose closed form takes time linear in the ranks: a
  /// hierarchical collective is its inner one there, and an all-gather has no scratch however it is done.
  private static func quickToAsk(_ algorithm: any AttentionAlgorithm) -> any AttentionAlgorithm {
    if let gather = algorithm as? AllGatherAttention {
      return AllGatherAttention(gather: .direct, queryLayout: gather.queryLayout)
    }
    guard let tree = algorithm as? TreeAttention else { return algorithm }
    return TreeAttention(fusion: tree.fusion) { place in
      if case .hierarchical(let inside, _) = tree.collectives[place] { return .flat(inside) }
      return tree.collectives[place]
    }
  }
}
