import Fitting

/// Predictions of rows by fits that had not seen their families of shapes.
public struct CrossValidation: Sendable {
  /// The folds, unless asked otherwise.
  public static let foldCount = 5

  /// The rows.
  public let rows: [HeldOutRow]
  /// The rows whose kernel no row outside their fold has: no fit says anything of them.
  public let unpredicted: Int

  /// Puts together what fits without a fold say of its rows.
  ///
  /// - Parameters:
  ///   - rows: All rows of a group.
  ///   - folds: The fold of each row.
  ///   - fits: For each fold the fit to all other rows.
  public init(_ rows: PreparedRows, folds: [Int], fits: [GroupFit]) {
    var held: [HeldOutRow?] = Array(repeating: nil, count: rows.count)
    for (fold, fit) in fits.enumerated() {
      let numbers = folds.indices.filter { folds[$0] == fold }
      let part = rows.rows(numbers)
      for (position, prediction) in fit.predictions(part).enumerated() {
        guard let prediction else { continue }
        let number = numbers[position]
        let time = rows.logTimes[number]
        held[number] = HeldOutRow(
          measurement: rows.measurements[number], family: rows.models[number].family, fold: fold,
          tierOneError: prediction.tierOne - time, error: prediction.tierTwo - time, regime: prediction.regime,
          interval: ErrorInterval(low: 0, high: 0, rows: 0))
      }
    }
    unpredicted = held.count { $0 == nil }
    self.rows = Self.withIntervals(held.compactMap { $0 })
  }

  /// The interval of each row from the errors of the other folds: of its cell, or of its kernel where that has under
  /// ``ErrorInterval/fewestRows`` rows, or of all where that has under 20.
  private static func withIntervals(_ rows: [HeldOutRow]) -> [HeldOutRow] {
    var rows = rows
    let cells = Dictionary(grouping: rows.indices) { rows[$0].cell }
    let families = Dictionary(grouping: rows.indices) { rows[$0].family }
    let all = Array(rows.indices)
    for (cell, members) in cells {
      for fold in Set(members.map { rows[$0].fold }) {
        func others(_ numbers: [Int]) -> [Double] {
          numbers.filter { rows[$0].fold != fold }.map { -rows[$0].error }
        }
        var errors = others(members)
        if errors.count < ErrorInterval.fewestRows { errors = others(families[cell.family] ?? []) }
        if errors.count < 20 { errors = others(all) }
        guard let interval = ErrorInterval(of: errors) else { continue }
        for member in members where rows[member].fold == fold { rows[member].interval = interval }
      }
    }
    return rows
  }

  /// The intervals that go with a fit to all rows.
  public struct Intervals: Sendable {
    /// Of cells with enough rows.
    public let cells: [ErrorCell: ErrorInterval]
    /// Of whole kernels.
    public let families: [KernelFamily: ErrorInterval]
    /// Of whole kernels by tier 1 alone.
    public let tierOne: [KernelFamily: ErrorInterval]
  }

  /// The intervals that go with a fit to all rows.
  public var intervals: Intervals {
    var cells: [ErrorCell: ErrorInterval] = [:]
    for (cell, members) in Dictionary(grouping: rows, by: \.cell) where members.count >= ErrorInterval.fewestRows {
      cells[cell] = ErrorInterval(of: members.map { -$0.error })
    }
    let families = Dictionary(grouping: rows, by: \.family)
    return Intervals(
      cells: cells, families: families.compactMapValues { ErrorInterval(of: $0.map { -$0.error }) },
      tierOne: families.compactMapValues { ErrorInterval(of: $0.map { -$0.tierOneError }) })
  }
}
