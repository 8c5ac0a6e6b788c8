/// How often something is measured: until the median is known well enough, and between two bounds.
///
/// Looking after every sample would stop at a chance narrowness; so the next look is at a quarter more samples, at least 5.
public struct RepeatPlan: Hashable, Sendable {
  /// The fewest samples.
  public var least: Int
  /// The most samples.
  public var most: Int
  /// The width of the median's 95 % interval as a share of the median at which it is enough.
  public var precision: Double

  /// Creates a plan.
  public init(least: Int = 20, most: Int = 2000, precision: Double = 0.01) {
    self.least = min(least, most)
    self.most = most
    self.precision = precision
  }

  /// Takes samples.
  ///
  /// - Parameter sample: Takes one.
  public func run<Failure: Error>(_ sample: () throws(Failure) -> Double) throws(Failure) -> SampleStatistics {
    try runBatches { count throws(Failure) in
      var samples: [Double] = []
      for _ in 0..<count { samples.append(try sample()) }
      return samples
    }
  }

  /// Takes samples as many at a time as are taken before the next look, for ranks that must agree on them.
  ///
  /// - Parameter batch: Takes so many.
  public func runBatches<Failure: Error>(
    _ batch: (Int) throws(Failure) -> [Double]
  ) throws(Failure) -> SampleStatistics {
    var samples: [Double] = []
    var goal = least
    while true {
      samples += try batch(goal - samples.count)
      let statistics = SampleStatistics(samples)
      guard statistics.relativeWidth > precision, goal < most else { return statistics }
      goal = min(most, max(goal + 5, goal * 5 / 4))
    }
  }
}
