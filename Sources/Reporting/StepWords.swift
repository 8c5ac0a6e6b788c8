import Quantities
import Workloads

/// What a step is called in reports.
struct StepWords {
  let workload: AttentionWorkload

  /// Such as "one decode step", "prefill of 128k tokens" or "512 query tokens".
  var step: String {
    if workload.isDecode { return "one decode step" }
    if workload.queryTokens == workload.tokens { return "prefill of \(TokenCount(workload.tokens)) tokens" }
    return "\(TokenCount(workload.queryTokens)) query tokens"
  }

  /// The step of one layer, such as "one decode step of one layer".
  var stepOfOneLayer: String { "\(step) of one layer" }

  /// The same for several steps that differ in their tokens.
  ///
  /// - Parameter workloads: The steps.
  static func stepOfOneLayer(_ workloads: [AttentionWorkload]) -> String {
    guard let first = workloads.first else { return "" }
    if workloads.allSatisfy({ $0.tokens == first.tokens && $0.queryTokens == first.queryTokens }) || first.isDecode {
      return StepWords(workload: first).stepOfOneLayer
    }
    return workloads.allSatisfy { $0.queryTokens == $0.tokens }
      ? "prefill of all tokens of one layer" : "\(TokenCount(first.queryTokens)) query tokens of one layer"
  }

  /// Which of the tokens have queries, and what they see, where that is not plain: "; all are queries, causal mask".
  var queries: String {
    guard !workload.isDecode else { return "" }
    let which =
      workload.queryTokens == workload.tokens
      ? "all are queries" : "queries of the last \(TokenCount(workload.queryTokens))"
    return "; \(which), \(workload.mask.rawValue) mask"
  }
}
