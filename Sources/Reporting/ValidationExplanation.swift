import Experiments
import Quantities

/// Why the goals of a data set are missed, as far as its own figures tell.
struct ValidationExplanation {
  private let set: ValidationSet

  init(_ set: ValidationSet) { self.set = set }

  /// A paragraph for each goal that is missed; nothing where all are met.
  var lines: [String] {
    var lines: [String] = []
    for goal in set.goals where set.meets(goal) == false {
      guard let found = set.figures.value(goal.metric) else { continue }
      if !lines.isEmpty { lines.append("") }
      lines += TextTable.wrap(
        "**Missed**: the \(goal.metric) is \(ValidationText.percent(found)) %, expected "
          + "\(goal.isUpper ? "at most" : "at least") \(ValidationText.percent(goal.bound)) %. \(reason(goal))", 120)
    }
    return lines
  }

  private func reason(_ goal: ValidationSet.Goal) -> String {
    if goal.metric == "coverage of the 80 % interval" { return coverage }
    switch set.kind {
    case .deviceLeftOut: return left
    case .outOfFold, .lengthsLeftOut, .inTheFit, .unseen:
      return worstPart.map { "The worst part is \($0)." } ?? "Nobody has explained this yet."
    }
  }

  /// Bias tells more of a device that was left out than scatter does: one factor that no data sheet gives.
  private var left: String {
    let phase = set.key.hasPrefix("prefill") ? "prefill" : "decode"
    let parts = set.parts.map { part in
      "\(part.name) \(ValidationText.percent(part.figures.median)) % with a bias of "
        + "\(ValidationText.percent(part.figures.bias, signed: true)) %"
    }.joined(separator: ", ")
    let side = set.figures.bias < 0 ? "too fast" : "too slow"
    let cause =
      phase == "prefill"
      ? "A prefill is bound by the tensor cores, and the share of their peak that a kernel reaches is fitted on one "
        + "generation alone: kernels of Hopper (FlashAttention 3, TensorRT-LLM's for it) are other kernels than those of "
        + "Ampere, with other tiles and with softmax beside the products, and reach another share of a peak that grew more "
        + "than the clock."
      : "Costs of a kernel's launch, of its blocks and of a step over keys are fitted on one generation alone and carried "
        + "over by the clock; a generation's other kernels have others."
    return
      "Most of it is one factor that no data sheet gives: predictions are \(side) as a whole (\(parts)). \(cause) A "
      + "few measured rows of the device would set it."
  }

  private var coverage: String {
    "Intervals are quantiles of errors of other shape families, cell by cell; where families differ more than their "
      + "number tells, the interval of the others is too \((set.figures.coverage ?? 0) < 0.75 ? "narrow" : "wide")."
      + (worstPart.map { " The worst part is \($0)." } ?? "")
  }

  private var worstPart: String? {
    guard set.parts.count > 1, let part = set.parts.max(by: { $0.figures.median < $1.figures.median }) else {
      return nil
    }
    return "\(part.name), with a median error of \(ValidationText.percent(part.figures.median)) % and a bias of "
      + "\(ValidationText.percent(part.figures.bias, signed: true)) %"
  }
}
