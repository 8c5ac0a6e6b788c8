import Programs
import Quantities
import Workloads

/// The kernels of a step and what each costs; memory traffic counts every operand once, read or written.
///
/// A kernel under a causal mask works on pairs of a query and a key that it sees, and touches neither keys that none of
/// its queries sees nor queries that see none of its keys: flash attention passes over tiles that are masked throughout.
struct AttentionKernels {
  let workload: AttentionWorkload

  /// Flash attention of some queries on some keys: reads Q, K and V, writes a partial output and an LSE for every query.
  func attend(queries: TokenRuns, keys: TokenRuns) -> Kernel {
    Kernel(
      action: .attend, flops: workload.attendFLOPs(queries: queries, keys: keys),
      bytes: inputBytes(queries, keys) + workload.numeratorBytes(tokens: queries.count)
        + workload.scalarBytes(tokens: queries.count), type: workload.type, launched: true)
  }

  /// The same into a finished output, which needs no LSE to be kept.
  func attendToOutput(queries: TokenRuns, keys: TokenRuns) -> Kernel {
    Kernel(
      action: .attend, flops: workload.attendFLOPs(queries: queries, keys: keys),
      bytes: inputBytes(queries, keys) + workload.outputBytes(tokens: queries.count), type: workload.type,
      launched: true)
  }

  /// The same folded into a running state (m, d, n), which is read and written where a query sees a key.
  func attendInto(queries: TokenRuns, keys: TokenRuns) -> Kernel {
    attendInto(
      pairs: workload.mask.pairs(of: queries, with: keys),
      queryCount: workload.mask.seeingQueries(of: queries, in: keys),
      keyCount: workload.mask.seenKeys(by: queries, in: keys))
  }

  /// The same by its amounts alone.
  ///
  /// - Parameters:
  ///   - pairs: The pairs of a query and a key that it sees.
  ///   - queryCount: The queries that see a key.
  ///   - keyCount: The keys that a query sees.
  func attendInto(pairs: Double, queryCount: Int, keyCount: Int) -> Kernel {
    Kernel(
      action: .attendInto, flops: workload.attendFLOPs(pairs: pairs),
      bytes: workload.cacheBytes(tokens: keyCount) + workload.queryBytes(tokens: queryCount)
        + stateBytes(queries: queryCount) * 2, type: workload.type, launched: true)
  }

  /// n = o·e^(lse−m), d = e^(lse−m), in place, for so many query tokens: reads o, lse and m, writes n and d.
  func rescale(queries: Int) -> Kernel {
    Kernel(
      action: .rescale, flops: FLOPs(Double(outputElements(queries: queries) + 2 * scalars(queries: queries))),
      bytes: workload.numeratorBytes(tokens: queries) * 2 + workload.scalarBytes(tokens: queries) * 3,
      type: workload.partialType, launched: true)
  }

  /// z = n/d for so many query tokens: reads n and d, writes the output.
  func normalise(queries: Int) -> Kernel {
    Kernel(
      action: .normalise, flops: FLOPs(Double(outputElements(queries: queries))),
      bytes: workload.numeratorBytes(tokens: queries) + workload.scalarBytes(tokens: queries)
        + workload.outputBytes(tokens: queries), type: workload.partialType, launched: true)
  }

  /// Repeats so many tokens' K and V to every query head: reads the cache, writes the expanded copy.
  func expand(tokens: Int) -> Kernel {
    var expanded = workload
    expanded.shape = workload.shape.expanded
    return Kernel(
      action: .expandHeads, flops: .zero,
      bytes: workload.cacheBytes(tokens: tokens) + expanded.cacheBytes(tokens: tokens), type: workload.type,
      launched: true)
  }

  /// The elements of the queries of so many tokens over the batch.
  func queryElements(queries: Int) -> Int { workload.batch * queries * workload.shape.queryElements }
  /// The elements of an output or a numerator of so many query tokens over the batch.
  func outputElements(queries: Int) -> Int { workload.batch * queries * workload.shape.outputElements }
  /// One scalar a query head of so many query tokens, over the batch.
  func scalars(queries: Int) -> Int { workload.batch * queries * workload.shape.queryHeads }
  /// A state (m, d, n) of so many query tokens in bytes.
  func stateBytes(queries: Int) -> Bytes {
    workload.numeratorBytes(tokens: queries) + workload.scalarBytes(tokens: queries) * 2
  }

  /// The keys and values that a query sees, and the queries that see one.
  private func inputBytes(_ queries: TokenRuns, _ keys: TokenRuns) -> Bytes {
    workload.cacheBytes(tokens: workload.mask.seenKeys(by: queries, in: keys))
      + workload.queryBytes(tokens: workload.mask.seeingQueries(of: queries, in: keys))
  }
}
