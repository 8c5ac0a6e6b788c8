import Quantities
import RealModule

/// Whether a file's times are in microseconds at all.
enum KernelUnits {
  /// Refuses a file whose times are further from tier 1 at the centre of its priors than any software could be: the median
  /// ratio of measured to modelled times was between 0.9 and 1.3 in every measured set.
  ///
  /// - Throws: ``KernelDataError/units(file:ratio:expected:)`` past a factor of 30.
  static func check(_ rows: PreparedRows, file: String, phase: KernelPhase) throws(KernelDataError) {
    guard
      let centre = KernelParameters(phase: phase, values: ModelParameter.all(of: phase).map(\.centre)),
      let median = OrderStatistics.quantile(0.5, of: zip(rows.logTimes, rows.logTierOne(centre)).map { $0 - $1 })
    else { return }
    guard abs(median) < Double.log(30) else {
      throw .units(file: file, ratio: Double.exp(median), expected: "microseconds")
    }
  }
}

extension KernelDataFile {
  /// The rows that can be used, laid out for fits.
  ///
  /// - Throws: ``KernelDataError/units(file:ratio:expected:)`` when the times are not in microseconds.
  public func prepared() throws(KernelDataError) -> PreparedRows {
    let rows = PreparedRows(measurements)
    try KernelUnits.check(rows, file: name, phase: phase)
    return rows
  }
}
