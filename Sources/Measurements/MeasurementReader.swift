/// Reads any file of measurements that is a text.
public enum MeasurementReader {
  /// Reads a file.
  ///
  /// - Parameters:
  ///   - text: Its text.
  ///   - name: Its name, for messages.
  ///   - format: What it is read as; nil to see by its first lines.
  ///   - mapping: Which columns hold what, where the user declares it.
  ///   - context: What a log does not say.
  /// - Throws: ``MeasurementError`` where it is none, or no row of it can be used.
  public static func read(
    _ text: String, name: String, format: MeasurementFormat? = nil, mapping: ColumnMapping = ColumnMapping(),
    context: LogContext = LogContext()
  ) throws(MeasurementError) -> MeasurementFile {
    if let place = text.utf8.firstIndex(of: 0) {
      let line = text.utf8[..<place].count { $0 == UInt8(ascii: "\n") } + 1
      throw MeasurementError(file: name, line: line, "found a NUL character, expected text")
    }
    let found = format ?? (mapping.isEmpty ? MeasurementFormat.detect(text) : .mappedKernels)
    guard let found else {
      throw MeasurementError(
        file: name, line: 1,
        "found '\(TableReader.short(String(CSVLine.withoutMark(text.prefix { !$0.isNewline }))))', which begins no known "
          + "table, and no line that names columns as nccl-tests does; --column and --constant declare the columns of "
          + "other tables of kernel times")
    }
    guard found == .mappedKernels || mapping.isEmpty else {
      throw MeasurementError(file: name, "columns are declared, but it is read as \(found.rawValue), which has its own")
    }
    if let schema = MeasurementFormat.tables.first(where: { $0.format == found }) {
      return try TableReader.read(text, name: name, schema: schema)
    }
    switch found {
    case .ncclTests: return try NCCLTestsLog.read(text, name: name, context: context)
    case .treeline:
      throw MeasurementError(file: name, "found a text, expected a database of Treeline")
    default: return try MappedKernelReader.read(text, name: name, mapping: mapping)
    }
  }

  /// The collectives that can be asked for by name.
  public static var collectives: [String] { CollectiveProgram.allCases.map(\.rawValue) }
}
