import Quantities

/// Reads a table of kernel times by columns that the user declares.
enum MappedKernelReader {
  /// Reads a table.
  ///
  /// - Throws: ``MeasurementError`` where a declared column is missing or a field undeclared, or no row can be used.
  static func read(_ text: String, name: String, mapping: ColumnMapping) throws(MeasurementError) -> MeasurementFile {
    var collector = MeasurementCollector()
    var header: [String] = []
    var columns: [String: Int] = [:]
    var failure: MeasurementError?
    let words = DoubtWords()
    TextLines.forEach(text) { line, bytes in
      if line == 1 {
        header = (try? CSVLine.fields(CSVLine.withoutMark(Substring(bytes)).utf8).map(NumberText.trim)) ?? []
        columns = TableReader.columns(header)
        failure = problem(of: header, name: name, mapping)
      } else if failure == nil, !bytes.isEmpty {
        collector.take(line) { () throws(RowProblem) in
          let row = try TableRow(
            line: line, columns: columns, count: header.count, fields: try CSVLine.fields(bytes),
            words: words)
          let kernel = try Self.kernel(row, mapping)
          return ([.kernel(kernel)], kernel.identity)
        }
      }
    }
    if let failure { throw failure }
    return try collector.file(name, .mappedKernels, mapping: mapping.canonicalText)
  }

  private static func problem(of header: [String], name: String, _ mapping: ColumnMapping) -> MeasurementError? {
    for field in ColumnMapping.fields {
      if let column = mapping.columns[field] {
        let places = header.count { $0 == column }
        guard places != 1 else { continue }
        let found =
          places == 0
          ? "no column '\(column)' for \(field)\(NearestName.suggestion(for: column, among: header)) "
            + "(there are: \(TableReader.short(header.joined(separator: ", "))))"
          : "\(places) columns '\(column)' for \(field), expected one"
        return MeasurementError(file: name, line: 1, found)
      }
      guard mapping.constants[field] != nil || field == "window" else {
        return MeasurementError(
          file: name, line: 1,
          "nothing declares \(field)\(NearestName.suggestion(for: field, among: header)); expected a column "
            + "(--column \(field)=NAME\(field == "time" ? ":UNIT" : ""))"
            + (field == "time" ? "" : " or a constant (--constant \(field)=VALUE)"))
      }
    }
    return nil
  }

  private static func kernel(_ row: TableRow, _ mapping: ColumnMapping) throws(RowProblem) -> KernelTime {
    func text(_ field: String) throws(RowProblem) -> String {
      if let column = mapping.columns[field] { return try row.required(column) }
      return mapping.constants[field] ?? "0"
    }
    func integer(_ field: String, from least: Int = 1) throws(RowProblem) -> Int {
      if let column = mapping.columns[field] { return try row.integer(column, in: least...1 << 30) }
      let constant = mapping.constants[field] ?? "0"
      guard let number = Int(constant), number >= least, number <= 1 << 30 else {
        throw RowProblem("\(field): found the constant '\(constant)', expected a whole number from \(least)")
      }
      return number
    }
    let column = mapping.columns["time"] ?? ""
    let factor = mapping.microseconds
    let range =
      KernelTime.microseconds.lowerBound / factor...KernelTime.microseconds.upperBound / factor
    let number = try row.number(column)
    guard range.contains(number) else {
      throw RowProblem(
        "\(column): found \(row.text(column)), expected \(TableRow.plain(range.lowerBound)) to "
          + "\(TableRow.plain(range.upperBound)) in the declared unit; units mixed up?")
    }
    let kernel = KernelTime(
      line: row.line, gpu: try text("gpu"), software: try text("software"), dtype: try text("dtype"),
      batch: try integer("batch"), queryHeads: try integer("query_heads"), kvHeads: try integer("kv_heads"),
      headDim: try integer("head_dim"), window: try integer("window", from: 0),
      queryTokens: try integer("query_tokens"), contextTokens: try integer("context_tokens"),
      time: Seconds(number * factor * 1e-6), unverified: row.unverified)
    try kernel.check()
    return kernel
  }
}
