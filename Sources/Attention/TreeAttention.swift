import Collectives
import Programs
import Quantities
import Topologies
import Workloads

/// Tree attention: every rank has all queries, attends to its own shard, and one tree of reductions combines the partial results.
///
/// Algorithm 3 of the paper (arXiv 2408.04093): each rank computes o and lse of its keys; m = all-reduce(max, lse);
/// n = o·e^(lse−m) and d = e^(lse−m); all-reduce(sum) of n and of d; z = n/d. Correct because logsumexp and max are
/// associative. ``Fusion`` says how many collectives that takes: three as the paper writes them, two when numerators
/// and denominators travel together, one when (m, d, n) is reduced by the online-softmax operator.
///
///     let tree = TreeAttention(fusion: .three, collective: .fixed(.ring))
///     let program = tree.program(for: workload, on: RankGroup(first: 8, of: topology))
///
/// The paper decodes; nothing of the algorithm depends on there being one query, so that it verifies the drafts of
/// speculative decoding and works off chunks of a prefill against a long cache too. What it sends grows with the queries
/// and not with the cache.
///
/// Memory, with t tokens on the rank, for one query as in the paper: 2btd for K and V, 2bd for the queries and the numerators (the
/// output takes their place), 2b·n_h for the LSE and the maximum. The receive buffers of the collectives come on top;
/// the paper leaves them out.
public struct TreeAttention: AttentionAlgorithm {
  /// How many all-reduces combine the partial results.
  public enum Fusion: Int, Sendable, Hashable, CaseIterable {
    /// Maximum, numerators and denominators packed, reduced by the online-softmax operator.
    case one = 1
    /// The maximum, then numerators and denominators packed.
    case two = 2
    /// The maximum, the numerators, the denominators: the paper's Algorithm 3.
    case three = 3
  }

  /// How many all-reduces combine the partial results.
  public var fusion: Fusion
  /// The algorithm of each all-reduce, in order, as many as ``fusion`` says.
  public var collectives: [CollectiveAlgorithm]

  /// Creates the algorithm with one collective algorithm for all of its all-reduces.
  ///
  /// - Parameters:
  ///   - fusion: How many all-reduces combine the partial results.
  ///   - collective: The algorithm of each all-reduce.
  public init(fusion: Fusion = .three, collective: CollectiveAlgorithm) {
    self.fusion = fusion
    collectives = [CollectiveAlgorithm](repeating: collective, count: fusion.rawValue)
  }

  /// Creates the algorithm with a choice for each all-reduce.
  ///
  /// - Parameters:
  ///   - fusion: How many all-reduces combine the partial results.
  ///   - choose: The algorithm for the all-reduce at a place, from 0.
  public init(fusion: Fusion, choosing choose: (Int) -> CollectiveAlgorithm) {
    self.fusion = fusion
    collectives = (0..<fusion.rawValue).map(choose)
  }

  /// "tree".
  public var name: String { "tree" }

  /// Such as "3 all-reduces, ring".
  public var options: String {
    var names = collectives.map(\.name)
    if Set(names).count == 1 { names = Array(names.prefix(1)) }
    return "\(fusion.rawValue) all-reduce\(fusion == .one ? "" : "s"), \(names.joined(separator: " + "))"
  }

  /// The all-reduces that a step needs, in order, over a group.
  ///
  /// - Parameters:
  ///   - fusion: How many there are.
  ///   - workload: The step.
  ///   - group: The ranks.
  public static func allReduces(
    _ fusion: Fusion, for workload: AttentionWorkload, on group: RankGroup
  ) -> [AllReduce] {
    let kernels = AttentionKernels(workload: workload)
    let type = workload.partialType
    let heads = kernels.scalars(queries: workload.queryTokens)
    let valueDim = workload.shape.valueDim
    func allReduce(_ units: Int, _ elementsPerUnit: Int, _ reduction: Reduction) -> AllReduce {
      AllReduce(
        group: group.ranks, payload: Payload(units: units, elementsPerUnit: elementsPerUnit, type: type),
        reduction: reduction)
    }
    switch fusion {
    case .three:
      return [
        allReduce(heads, 1, .maximum), allReduce(heads * valueDim, 1, .sum), allReduce(heads, 1, .sum),
      ]
    case .two:
      return [allReduce(heads, 1, .maximum), allReduce(heads * (valueDim + 1), 1, .sum)]
    case .one:
      return [allReduce(heads, valueDim + 2, .onlineSoftmax)]
    }
  }
}
