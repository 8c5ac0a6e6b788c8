import Foundation
import Quantities

/// Samples of one quantity, and what they say of its median without any assumption on how they are distributed.
public struct SampleStatistics: Hashable, Sendable {
  /// The samples, in the order in which they were taken.
  public let samples: [Double]
  private let sorted: [Double]

  /// Sums samples up; at least one.
  public init(_ samples: [Double]) {
    self.samples = samples
    sorted = samples.sorted()
  }

  /// The same samples, where the clock told anything by them: a rate by a time of zero is none, and no time is below it.
  ///
  /// - Parameter what: What was timed.
  /// - Throws: ``CUDAError/silentClock(_:)`` where the median is zero, or a sample is below zero or no number.
  func told(_ what: String) throws(CUDAError) -> SampleStatistics {
    guard median > 0, samples.allSatisfy({ $0 >= 0 }) else { throw .silentClock(what) }
    return self
  }

  /// The median.
  public var median: Double { quantile(0.5) }
  /// The 5th percentile.
  public var low: Double { quantile(0.05) }
  /// The 95th percentile.
  public var high: Double { quantile(0.95) }

  /// A quantile (``OrderStatistics/quantile(_:ofSorted:)``); 0 of no samples.
  public func quantile(_ share: Double) -> Double {
    OrderStatistics.quantile(min(max(share, 0), 1), ofSorted: sorted) ?? 0
  }

  /// An interval that covers the median of what is sampled with a probability of 95 % at least, by order statistics: the
  /// number of samples below the median is binomial with ½ (David and Nagaraja, Order Statistics, section 7.1). Nil for
  /// fewer than 6 samples, whose extremes do not cover so much.
  public var medianInterval: ClosedRange<Double>? {
    let count = sorted.count
    guard let rank = Self.rank(of: count) else { return nil }
    return sorted[rank]...sorted[count - 1 - rank]
  }

  /// The largest rank r, from 0, so that P(X ≤ r) ≤ 2.5 % for X binomial with n and ½: the r-th smallest sample and the
  /// r-th largest then bound the interval.
  static func rank(of count: Int) -> Int? {
    // Logarithms, as 2⁻ⁿ vanishes from n = 1075 on.
    var term = -Double(count) * Foundation.log(2.0)
    var total = 0.0
    var rank: Int?
    for below in 0..<max(count / 2, 0) {
      total += Foundation.exp(term)
      guard total <= 0.025 else { break }
      rank = below
      term += Foundation.log(Double(count - below)) - Foundation.log(Double(below + 1))
    }
    return rank
  }

  /// The width of ``medianInterval`` as a share of the median; infinite where there is none.
  public var relativeWidth: Double {
    guard let interval = medianInterval, median > 0 else { return .infinity }
    return (interval.upperBound - interval.lowerBound) / median
  }
}
