import ResultStore

/// The metrics of a run as rows of a table, one a row.
public enum MetricRows {
  /// The names of the columns.
  public static let header = [
    "run", "tokens", "query_tokens", "mask", "batch", "world_size", "dtype", "algorithm", "options", "status", "metric",
    "scope", "value",
    "unit", "provenance",
  ]

  /// The rows of a run.
  ///
  /// - Parameters:
  ///   - number: Its number in the database; nil when it was not stored.
  ///   - run: The run.
  ///   - results: What it found.
  public static func rows(number: Int64?, run: RunRecord, results: [ResultRecord]) -> [[String]] {
    func text(_ value: Int64?) -> String { value.map(String.init) ?? "" }
    return results.flatMap { result in
      result.metrics.map { metric in
        [
          text(number), text(run.tokens), text(run.queryTokens), run.mask ?? "", text(run.batch), text(run.worldSize),
          run.dtype ?? "", result.algorithm,
          result.options, result.status.rawValue, metric.name, metric.scope, metric.value.description, metric.unit,
          metric.provenance.rawValue,
        ]
      }
    }
  }
}
