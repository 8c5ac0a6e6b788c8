import Fitting
import KernelModels
import Quantities

/// How well one set of measured times is predicted, with what it takes to say why: all that is stored of it.
public struct ValidationSet: Hashable, Sendable {
  /// Whether the predictions knew the rows.
  public enum Kind: String, CaseIterable, Sendable {
    /// Each row is predicted by a fit that had not seen its shape family.
    case outOfFold = "out of fold"
    /// Each row is predicted by a fit that had not seen its device.
    case deviceLeftOut = "device left out"
    /// Every second length is predicted by fits to the others.
    case lengthsLeftOut = "lengths left out"
    /// Every fifth size is predicted by fits to the others.
    case sizesLeftOut = "sizes left out"
    /// The rows of the most ranks are predicted by those of the fewest.
    case ranksLeftOut = "most ranks left out"
    /// Each log is predicted by fits without it.
    case logLeftOut = "one log left out"
    /// A profile predicts rows of a device that it was fitted to.
    case inTheFit = "in the fit"
    /// A profile predicts rows of what it has not seen.
    case unseen
  }

  /// A bound that a figure is meant to keep.
  public struct Goal: Hashable, Sendable {
    /// The name of the figure.
    public let metric: String
    /// The bound, a share.
    public let bound: Double
    /// Whether the figure should be at most the bound; at least it otherwise.
    public let isUpper: Bool

    /// Creates a goal.
    public init(_ metric: String, atMost bound: Double) { (self.metric, self.bound, isUpper) = (metric, bound, true) }

    /// Creates a goal.
    public init(_ metric: String, atLeast bound: Double) { (self.metric, self.bound, isUpper) = (metric, bound, false) }

    /// Creates a goal; see the properties for the meaning of each value.
    init(metric: String, bound: Double, isUpper: Bool) {
      (self.metric, self.bound, self.isUpper) = (metric, bound, isUpper)
    }
  }

  /// The figures of some rows; errors are shares.
  public struct Figures: Hashable, Sendable {
    /// The rows.
    public let rows: Int
    /// The median of |predicted / measured - 1|.
    public let median: Double
    /// The 90th percentile of the same.
    public let ninetieth: Double
    /// The median of ln(predicted / measured).
    public let bias: Double
    /// The share of the rows that their 80 % interval holds; nil where there is none, or one made of these very errors.
    public let coverage: Double?

    /// The names of the figures as they are stored, in the order of the properties.
    static let names = ["rows", "median error", "p90 error", "bias", "coverage of the 80 % interval"]

    /// Creates figures; see the properties for the meaning of each value.
    init(rows: Int, median: Double, ninetieth: Double, bias: Double, coverage: Double?) {
      self.rows = rows
      self.median = median
      self.ninetieth = ninetieth
      self.bias = bias
      self.coverage = coverage
    }

    /// Sums up rows; nil for none.
    init?(_ rows: [ValidationRow]) {
      guard let errors = ErrorSummary(of: rows.map(\.error)) else { return nil }
      let covered = rows.compactMap(\.isCovered)
      self.init(
        rows: errors.rows, median: errors.median, ninetieth: errors.ninetieth, bias: errors.bias,
        coverage: covered.isEmpty ? nil : Double(covered.count { $0 }) / Double(covered.count))
    }

    /// A figure by its name.
    public func value(_ name: String) -> Double? {
      switch name {
      case Self.names[0]: Double(rows)
      case Self.names[1]: median
      case Self.names[2]: ninetieth
      case Self.names[3]: bias
      case Self.names[4]: coverage
      default: nil
      }
    }
  }

  /// The figures of some of the rows.
  public struct Part: Hashable, Sendable {
    /// Which rows.
    public let name: String
    /// Their figures.
    public let figures: Figures
  }

  /// A row that is predicted badly.
  public struct Outlier: Hashable, Sendable {
    /// What was measured, with the line of its file.
    public let name: String
    /// What was measured.
    public let measured: Seconds
    /// What was predicted.
    public let predicted: Seconds
    /// Why, as far as the data tell; empty where they don't.
    public let reason: String
  }

  /// A row of the sample that is drawn.
  public struct Point: Hashable, Sendable {
    /// What it is drawn as.
    public let group: String
    /// What was measured.
    public let measured: Seconds
    /// What was predicted.
    public let predicted: Seconds
  }

  /// The errors of rows of about one size, as quantiles of ln(predicted / measured).
  public struct Bin: Hashable, Sendable {
    /// What they are drawn as.
    public let group: String
    /// The size, a power of two: tokens, or bytes.
    public let size: Double
    /// The rows.
    public let rows: Int
    /// The 10th, 25th, 50th, 75th and 90th percentile.
    public let quantiles: [Double]

    /// The shares that the quantiles are of.
    static let shares = [0.1, 0.25, 0.5, 0.75, 0.9]
  }

  /// A short name without spaces, such as `decode-out-of-fold`.
  public let key: String
  /// What it is, for a person.
  public let title: String
  /// Whether the predictions knew the rows.
  public let kind: Kind
  /// Where the rows come from: a file and its hash, in one text.
  public let source: String
  /// What the sizes of the bins count, such as `tokens`.
  public let sizeName: String
  /// The figures of all rows.
  public let figures: Figures
  /// What the figures are meant to keep.
  public let goals: [Goal]
  /// The figures of some of the rows.
  public let parts: [Part]
  /// The rows predicted worst, worst first.
  public let worst: [Outlier]
  /// A sample of the rows.
  public let points: [Point]
  /// The errors by size.
  public let bins: [Bin]

  /// Creates a set; see the properties for the meaning of each value.
  public init(
    key: String, title: String, kind: Kind, source: String, sizeName: String, figures: Figures, goals: [Goal] = [],
    parts: [Part] = [], worst: [Outlier] = [], points: [Point] = [], bins: [Bin] = []
  ) {
    self.key = key
    self.title = title
    self.kind = kind
    self.source = source
    self.sizeName = sizeName
    self.figures = figures
    self.goals = goals
    self.parts = parts
    self.worst = worst
    self.points = points
    self.bins = bins
  }

  /// Whether a goal is met; nil where its figure is missing.
  public func meets(_ goal: Goal) -> Bool? {
    figures.value(goal.metric).map { goal.isUpper ? $0 <= goal.bound : $0 >= goal.bound }
  }
}
