/// Which step of inference a kernel serves: what it does with its queries differs so much that each has its own model.
public enum KernelPhase: String, Sendable, Hashable, CaseIterable {
  /// One new token of each sequence attends to its context.
  case decode
  /// All tokens of a sequence attend to those before them (causal).
  case prefill
}
