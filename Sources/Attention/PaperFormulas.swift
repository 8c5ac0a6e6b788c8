import Quantities
import Workloads

/// The Tree Attention paper's own formulas (arXiv 2408.04093, sections 5.2 and 5.3), in both bases.
///
/// The paper compares a volume summed over all ranks for the ring (one hop of it) with that of one rank for the tree.
/// Here each is given per rank and over all ranks, for one hop and for the whole step, so that like stands beside like.
/// Elements are counted with the paper's d = n_h·d_h and t = N/p, which need not be whole.
public struct PaperFormulas: Hashable, Sendable {
  private let batch: Double
  private let tokens: Double
  private let dimension: Double
  private let heads: Double
  private let ranks: Double
  private let elementSize: Double

  /// Sets up the formulas for a workload on p ranks. The paper knows no grouped heads, so K and V are counted at the
  /// width of the queries.
  public init(workload: AttentionWorkload, ranks: Int) {
    batch = Double(workload.batch)
    tokens = Double(workload.tokens) / Double(max(ranks, 1))
    dimension = Double(workload.shape.outputElements)
    heads = Double(workload.shape.queryHeads)
    self.ranks = Double(max(ranks, 1))
    elementSize = Double(workload.type.size)
  }

  /// Peak memory of a rank under ring decoding: 4btd + 2bd elements.
  public var ringMemory: Double { (4 * batch * tokens * dimension + 2 * batch * dimension) * elementSize }

  /// Peak memory of a rank under tree decoding: 2btd + 2bd + 2b·n_h elements.
  public var treeMemory: Double {
    (2 * batch * tokens * dimension + 2 * batch * dimension + 2 * batch * heads) * elementSize
  }

  /// What one rank sends in one hop of the ring: 2btd elements.
  public var ringHopPerRank: Double { 2 * batch * tokens * dimension * elementSize }

  /// What all ranks send in one hop of the ring: the paper's V_ring = 2btd·p elements.
  public var ringHopAllRanks: Double { ringHopPerRank * ranks }

  /// What one rank sends in a whole step of so many hops.
  public func ringStepPerRank(hops: Int) -> Double { ringHopPerRank * Double(hops) }

  /// What all ranks send in a whole step of so many hops.
  public func ringStepAllRanks(hops: Int) -> Double { ringHopAllRanks * Double(hops) }

  /// What one rank sends in a step of tree decoding: the paper's V_tree = 2(p−1)/p·(bd + 2b·n_h) elements.
  public var treeStepPerRank: Double {
    2 * (ranks - 1) / ranks * (batch * dimension + 2 * batch * heads) * elementSize
  }

  /// What all ranks send in a step of tree decoding.
  public var treeStepAllRanks: Double { treeStepPerRank * ranks }
}
