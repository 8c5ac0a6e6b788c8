import Experiments
import Quantities
import Testing

@Suite struct HopFitTests {
  private static let overhead = ParameterPrior(median: 60e-6, sigma: 0.7, source: "assumed")
  private static let bandwidth = ParameterPrior(median: 100e9, sigma: 1.5, source: "assumed")

  /// A row of a ring of seven hops whose overhead is 90 µs and whose bandwidth 25 GB/s.
  private static func row(_ bytes: Int64, error: Double) -> HopFit.Row {
    let difference = 1e-3 + 7 * (90e-6 + Double(bytes) / 25e9)
    return HopFit.Row(
      hops: 7, hopBytes: Bytes(bytes), base: Seconds(1e-3), difference: Seconds(difference),
      standardError: Seconds(error * difference))
  }

  @Test("Exact rows give back what they were made with, whatever the priors")
  func exactRows() throws {
    let fit = try HopFit(
      [Self.row(1_000_000, error: 1e-7), Self.row(50_000_000, error: 1e-7), Self.row(400_000_000, error: 1e-7)],
      overhead: Self.overhead, bandwidth: Self.bandwidth)
    #expect(abs(fit.overhead.seconds / 90e-6 - 1) < 1e-5)
    #expect(abs(fit.bandwidth.bytesPerSecond / 25e9 - 1) < 1e-5)
    let predicted = fit.difference(hops: 7, hopBytes: Bytes(2_000_000_000), base: Seconds(1e-3)).seconds
    #expect(abs(predicted / (1e-3 + 7 * (90e-6 + 2 / 25.0)) - 1) < 1e-5)
    #expect(fit.deviation(hops: 7, hopBytes: Bytes(2_000_000_000)).seconds < 1e-5 * predicted)
  }

  @Test("Without rows the fit is the prior")
  func noRows() throws {
    let fit = try HopFit([], overhead: Self.overhead, bandwidth: Self.bandwidth)
    #expect(abs(fit.overhead.seconds / 60e-6 - 1) < 1e-12)
    #expect(abs(fit.bandwidth.bytesPerSecond / 100e9 - 1) < 1e-12)
    #expect(abs(fit.overheadSigma - 0.7) < 1e-12)
    #expect(abs(fit.bandwidthSigma - 1.5) < 1e-12)
    #expect(fit.covariance == 0)
  }

  @Test("One row measures their sum: one parameter rises where the other time falls, and the sum is known best")
  func oneRow() throws {
    let row = Self.row(20_000_000, error: 0.02)
    let fit = try HopFit([row], overhead: Self.overhead, bandwidth: Self.bandwidth)
    #expect(fit.covariance > 0)
    let sum = fit.difference(hops: 7, hopBytes: row.hopBytes, base: row.base)
    #expect(abs(sum / row.difference - 1) < 0.02)
    let deviation = fit.deviation(hops: 7, hopBytes: row.hopBytes)
    #expect(deviation.seconds < 2 * row.standardError.seconds)
    #expect(fit.deviation(hops: 7, hopBytes: Bytes(200_000_000)) > deviation)
  }

  @Test("The deviation is that of a sum of log-normal times")
  func deviation() throws {
    // Of the prior alone the two times are independent, and a log-normal's mean and variance are known.
    let narrow = ParameterPrior(median: 60e-6, sigma: 0.5, source: "assumed")
    let fit = try HopFit([], overhead: narrow, bandwidth: ParameterPrior(median: 1e9, sigma: 0.2, source: "assumed"))
    // exp(s²)(exp(s²) − 1) at s = 0.5 and 0.2, from tables of the log-normal distribution.
    let (first, second) = (0.364_695_851_2, 0.042_476_293_5)
    let expected = 3 * (60e-6 * 60e-6 * first + 1e-3 * 1e-3 * second).squareRoot()
    #expect(abs(fit.deviation(hops: 3, hopBytes: Bytes(1_000_000)).seconds / expected - 1) < 1e-6)
  }
}
