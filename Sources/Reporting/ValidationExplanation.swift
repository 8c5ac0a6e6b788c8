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
    case .logLeftOut:
      return
        "A log is known by its GPUs, its network and its software's name: what its NICs, plugins and versions cost a "
        + "message is its own, and the fits know a handful of others."
        + (worstPart.map { " The worst part is \($0)." } ?? "")
    case .outOfFold, .lengthsLeftOut, .sizesLeftOut, .ranksLeftOut, .inTheFit, .unseen:
      return worstPart.map { "The worst part is \($0)." } ?? "Nobody has explained this yet."
    }
  }

  /// Bias tells more of a device that was left out than scatter does, and bias by size what it is of.
  private var left: String {
    let parts = set.parts.map { part in
      "\(part.name) \(ValidationText.percent(part.figures.median)) % with a bias of "
        + "\(ValidationText.percent(part.figures.bias, signed: true)) %"
    }.joined(separator: ", ")
    let share = abs(set.figures.bias) > 0.6 * set.figures.median ? "Most of it is bias" : "Bias is a part of it"
    let side = set.figures.bias < 0 ? "too fast" : "too slow"
    guard let short = bias(0...Self.short), let long = bias(Self.long...Double.infinity) else {
      return "\(share): predictions are \(side) as a whole (\(parts))."
    }
    let sizes =
      "\(share): predictions are \(side) as a whole (\(parts)), by \(ValidationText.percent(short, signed: true)) % up to "
      + "\(Int(Self.short)) \(set.sizeName) and by \(ValidationText.percent(long, signed: true)) % from \(Int(Self.long)) on. "
    guard abs(short) > 2 * abs(long) else { return sizes + "A few measured rows of the device would set it." }
    return sizes
      + "So what long sequences cost, by the rates of the data sheets, carries over from one generation to the other; what "
      + "a kernel costs beside that (its launch, setting up its blocks, tiles that short sequences fill in part) is "
      + "another for another generation's kernels, and no data sheet tells it. A few measured short rows would."
  }

  /// Sizes up to this are short, from that on long.
  private static let (short, long) = (128.0, 4096.0)

  /// The mean over rows of the bins' medians within a range of sizes; nil for no rows.
  private func bias(_ sizes: ClosedRange<Double>) -> Double? {
    let bins = set.bins.filter { sizes.contains($0.size) && $0.quantiles.count == 5 }
    let rows = bins.reduce(0) { $0 + $1.rows }
    guard rows > 0 else { return nil }
    return bins.reduce(0) { $0 + $1.quantiles[2] * Double($1.rows) } / Double(rows)
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
