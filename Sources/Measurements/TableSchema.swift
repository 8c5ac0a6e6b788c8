import Quantities

/// How the rows of a table are read.
protocol TableSchema {
  /// The format that has these columns.
  static var format: MeasurementFormat { get }
  /// The columns, in order; several where there are several kinds of header.
  static var headers: [[String]] { get }
  /// Creates a reader of rows below one of the headers.
  init(header: [String])
  /// Reads a row.
  ///
  /// - Returns: What it says, and what it is of, by which duplicates are known.
  /// - Throws: ``RowProblem``.
  func read(_ row: TableRow) throws(RowProblem) -> (says: [Measurement], identity: AnyHashable)
}

extension TableSchema {
  /// The header that some names are.
  static func header(matching names: [String]) -> [String]? { headers.first { $0 == names } }
}

/// A row of a table: its values by column.
struct TableRow {
  /// The line.
  let line: Int
  private let columns: [String: Int]
  private let fields: [String]
  private let words: DoubtWords

  /// Creates a row.
  ///
  /// - Throws: ``RowProblem`` where it has not as many values as there are columns.
  init(line: Int, columns: [String: Int], count: Int, fields: [String], words: DoubtWords) throws(RowProblem) {
    guard fields.count == count else {
      throw RowProblem("found \(fields.count) fields, expected \(count)")
    }
    self.line = line
    self.columns = columns
    self.fields = fields
    self.words = words
  }

  /// The value of a column; empty where there is no such column.
  func text(_ column: String) -> String {
    columns[column].map { NumberText.trim(fields[$0]) } ?? ""
  }

  /// The value of a column, which must not be empty.
  func required(_ column: String) throws(RowProblem) -> String {
    let text = text(column)
    guard !text.isEmpty else { throw RowProblem("\(column): found nothing, expected a text") }
    return text
  }

  /// A whole number.
  func integer(_ column: String, in range: ClosedRange<Int>) throws(RowProblem) -> Int {
    guard let number = Int(Self.withoutDoubt(text(column))), range.contains(number) else {
      throw RowProblem(
        "\(column): found '\(text(column))', expected a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// A number; nil where the value is empty.
  func optionalNumber(_ column: String) throws(RowProblem) -> Double? {
    let text = Self.withoutDoubt(text(column))
    guard !text.isEmpty else { return nil }
    guard let number = Double(text), number.isFinite else {
      throw RowProblem("\(column): found '\(self.text(column))', expected a number")
    }
    return number
  }

  /// A number.
  func number(_ column: String) throws(RowProblem) -> Double {
    guard let number = try optionalNumber(column) else {
      throw RowProblem("\(column): found nothing, expected a number")
    }
    return number
  }

  /// A time in microseconds.
  func time(_ column: String, in range: ClosedRange<Double>) throws(RowProblem) -> Seconds {
    let number = try number(column)
    guard range.contains(number) else {
      throw RowProblem(
        "\(column): found \(text(column)), expected \(Self.plain(range.lowerBound)) to \(Self.plain(range.upperBound)) "
          + "microseconds; what is done takes time, and other units must be converted")
    }
    return Seconds(number * 1e-6)
  }

  static func plain(_ number: Double) -> String { NumberText.format(number, significantDigits: 6) }

  /// A value without the mark of doubt behind it, as in `300?`.
  private static func withoutDoubt(_ text: String) -> String {
    text.last == "?" ? String(text.dropLast()) : text
  }

  /// Which values are marked as unverified, by `?` or a word such as `check` or `inferred`; empty for none.
  var unverified: String {
    var doubted: [String] = []
    // A source is a place, whose name may be any word.
    for (column, index) in columns where column != "source" && words.doubt(fields[index]) {
      doubted.append("\(column) '\(fields[index])'")
    }
    return doubted.isEmpty ? "" : "marked by its file: " + doubted.sorted().joined(separator: ", ")
  }
}
