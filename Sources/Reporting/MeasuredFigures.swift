import CUDABackend
import Quantities

/// Figures of measurements as tables write them.
enum MeasuredFigures {
  static func microseconds(_ seconds: Double) -> String { NumberText.format(seconds * 1e6, significantDigits: 4) }

  /// In GB/s, of 10⁹ bytes.
  static func gigabytes(_ rate: BytesPerSecond?) -> String {
    rate.map { NumberText.format($0.bytesPerSecond / 1e9, significantDigits: 4) } ?? ""
  }

  /// Half of the median's interval as a share of it, with ! where that is wider than was asked for.
  static func spread(_ times: SampleStatistics, isPrecise: Bool) -> String {
    (times.relativeWidth.isFinite ? NumberText.format(50 * times.relativeWidth, decimals: 1) + "%" : "?")
      + (isPrecise ? "" : "!")
  }

  /// What a report of the tests' emulation says of itself.
  static let emulated =
    "This is the tests' emulation: its times are counted, not measured, and tell nothing of any device."
}
