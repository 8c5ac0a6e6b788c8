/// What is believed of a positive parameter before a fit: log-normal about a median.
public struct ParameterPrior: Hashable, Sendable {
  /// The median, in base units.
  public var median: Double
  /// The standard deviation of the parameter's logarithm.
  public var sigma: Double
  /// Where the median comes from.
  public var source: String

  /// Creates a prior; see the properties for the meaning of each value.
  public init(median: Double, sigma: Double, source: String) {
    self.median = median
    self.sigma = sigma
    self.source = source
  }
}
