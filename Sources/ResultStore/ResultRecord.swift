/// What one algorithm with its options came to within a run.
public struct ResultRecord: Sendable, Hashable {
  /// What a person calls it, such as `tree (3 all-reduces, ring)`.
  public var label: String
  /// The algorithm, such as `tree`.
  public var algorithm: String
  /// Every option in a canonical text or JSON: equal options must have equal texts.
  public var options: String
  /// Whether the configuration runs.
  public var status: ResultStatus
  /// The figures, kept in this order.
  public var metrics: [MetricRecord]

  /// What was measured, one by one; empty where nothing was.
  public var samples: [SampleRecord]

  /// Creates a record.
  ///
  /// - Parameters:
  ///   - label: What a person calls it.
  ///   - algorithm: The algorithm.
  ///   - options: Every option in a canonical text.
  ///   - status: Whether the configuration runs.
  ///   - metrics: The figures.
  ///   - samples: What was measured, one by one.
  public init(
    label: String, algorithm: String, options: String, status: ResultStatus = .ok, metrics: [MetricRecord] = [],
    samples: [SampleRecord] = []
  ) {
    self.label = label
    self.algorithm = algorithm
    self.options = options
    self.status = status
    self.metrics = metrics
    self.samples = samples
  }
}
