/// One parameter of the kernel model: positive, fitted as its logarithm, drawn towards a prior where rows say little.
public struct ModelParameter: Hashable, Sendable {
  /// The letter that formulas use.
  public let symbol: String
  /// The name that files use.
  public let name: String
  /// The unit, at a clock of 1.6 GHz where the parameter scales with the clock; 1 for a pure number.
  public let unit: String
  /// What it means.
  public let meaning: String
  /// The centre of the prior.
  public let centre: Double
  /// The standard deviation of the prior, in natural logarithms.
  public let spread: Double

  private init(
    _ symbol: String, _ name: String, _ unit: String, _ meaning: String, _ centre: Double, _ spread: Double
  ) {
    self.symbol = symbol
    self.name = name
    self.unit = unit
    self.meaning = meaning
    self.centre = centre
    self.spread = spread
  }

  /// The parameters of a phase, in the order in which ``KernelParameters`` keeps them.
  public static func all(of phase: KernelPhase) -> [ModelParameter] {
    switch phase {
    case .decode: decode
    case .prefill: prefill
    }
  }

  private static let decode: [ModelParameter] = [
    ModelParameter("t0", "launch-floor", "us", "launch floor", 9, 1),
    ModelParameter("tm", "split-floor", "us", "extra floor when KV is split: the merge's kernel", 2, 1),
    ModelParameter("tc", "copy-floor", "us", "extra floor of FA2 with groups, several KV heads and a batch", 2, 1),
    ModelParameter("ts", "merge", "us per 64 splits", "the merge, per split", 1, 1),
    ModelParameter("a0", "cta", "us of an SM", "fixed time of a CTA", 3, 1),
    ModelParameter("ag", "cta-head", "us of an SM", "fixed time of a CTA for each of its query heads", 0.05, 1),
    ModelParameter("asp", "cta-split", "us of an SM", "extra time of a CTA of a split", 0.6, 1),
    ModelParameter("ai", "cta-idle", "us of an SM", "time of a CTA without work, of windowed XQA", 0.5, 1),
    ModelParameter("bt", "token", "cycles of an SM", "throughput: time of a KV token", 3, 1),
    ModelParameter("lt", "chain", "cycles", "latency chain: time of a KV token of one CTA", 20, 1),
    ModelParameter("l0", "cta-latency", "us", "latency of an empty CTA", 1, 1),
    ModelParameter("fh", "memory-share", "1", "reached share of the nominal memory bandwidth", 0.88, 0.15),
    ModelParameter("fl", "cache-share", "1", "reached share of 64 B from L2 a cycle and SM", 0.5, 0.4),
    ModelParameter("ka", "cache-room", "1", "share of L2 that holds K and V", 0.6, 0.3),
    ModelParameter("p", "norm", "1", "exponent of the norm that joins throughput, latency and memory", 2, 0.15),
    ModelParameter("ad", "cta-head-dim", "1", "exponent of the head dim in the time of a CTA", 0.45, 0.5),
    ModelParameter("bd", "token-head-dim", "1", "exponent of the head dim in the time of a token", 0.8, 0.3),
    ModelParameter("bg", "token-group", "1", "growth of the time of a token with each query head of a group", 0.1, 1),
    ModelParameter("aw", "cta-window", "us of an SM", "extra time of a CTA under a window", 0.5, 1),
    ModelParameter("awg", "cta-window-head", "us of an SM", "the same for each further query head", 0.1, 1),
    ModelParameter("tw", "window-floor", "us", "extra floor under a window", 0.5, 1),
    ModelParameter("tb", "batch-growth", "1", "TRI: growth of the time of a CTA with 512 sequences", 0.5, 1),
    ModelParameter("tB", "large-batch", "1", "TRI: factor of the time of a CTA above 512 sequences", 0.1, 1),
    ModelParameter("a1", "single-head", "1", "factor of the time of a CTA without groups", 0.9, 0.5),
  ]

  private static let prefill: [ModelParameter] = [
    ModelParameter("t0", "launch-floor", "us", "launch floor", 10, 1),
    ModelParameter("a", "cta", "us of an SM", "fixed time of a CTA", 2, 1),
    ModelParameter(
      "fe", "tensor-share", "1", "reached share of the tensor cores' peak in the loop over tiles", 0.65, 0.3),
    ModelParameter("ex", "score", "cycles of an SM", "softmax of one score", 0.0625, 0.5),
    ModelParameter("lb", "longest-cta", "1", "slow-down of the longest CTA", 0.5, 1),
    ModelParameter("l0", "cta-latency", "us", "latency of an empty CTA", 1, 1),
    ModelParameter("cq", "query-passes", "1", "passes over Q and O in memory", 1, 0.7),
    ModelParameter("ck", "cache-passes", "1", "passes over K and V in memory", 1.5, 0.7),
    ModelParameter("c1", "single-head", "1", "factor of the passes over K and V without groups", 0.7, 0.5),
    ModelParameter("p", "norm", "1", "exponent of the norm that joins throughput and the longest CTA", 2, 0.3),
    ModelParameter("ad", "cta-head-dim", "1", "exponent of the head dim in the time of a CTA", 0.45, 0.5),
    ModelParameter("tl", "tail", "1", "tail: share of a mean CTA that the last wave adds", 0.3, 1),
    ModelParameter("tx", "head-dim-floor", "us", "extra floor of FM3 with a head dim other than 128", 2, 1),
    ModelParameter("tm", "split-floor", "us", "extra floor when KV is split: the merge's kernel", 2, 1),
    ModelParameter("aw", "cta-window", "1", "growth of the time of a CTA under a window", 0.1, 1),
  ]
}
