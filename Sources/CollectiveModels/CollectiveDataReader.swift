import Fitting
import Quantities

/// Reads files of measured collective times, one row a time, as comma-separated values with the columns of ``columns`` in any
/// order; `source` may be left out.
///
/// Strict: a row with anything missing, out of range, of unknown hardware or measured twice is listed with its line and left
/// out. Of a log whose times are not microseconds the whole file is refused.
public struct CollectiveDataReader {
  /// The columns.
  public static let columns = [
    "source", "gpu", "interconnect", "gpus", "nodes", "software", "collective", "dtype", "bytes", "time_us",
  ]

  /// The times that a collective may take.
  static let microseconds = 0.5...1e9
  /// How far a row may be from NCCL's own estimate.
  static let plausible = 1.0 / 50...50
  /// How far the median of a log may be from it.
  static let plausibleLog = 0.05...20

  private let name: String
  private let places: [String: Int]
  private let fieldCount: Int
  private var measurements: [MeasuredCollective] = []
  private var bad: [MeasurementRemark] = []
  private var setAside: [MeasurementRemark] = []
  private var lines: [Identity: Int] = [:]
  private var ratios: [(line: Int, log: String, ratio: Double)] = []

  private struct Identity: Hashable {
    let texts: [String]
    let numbers: [Int]
  }

  private struct Problem: Error {
    let message: String
  }

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - text: The whole text.
  ///   - name: The file's name, for messages.
  /// - Throws: ``CollectiveDataError`` when it is no such file.
  public static func read(_ text: String, name: String) throws(CollectiveDataError) -> CollectiveDataFile {
    var lines = MeasurementLines(text)
    let header = lines.next()
    var reader = CollectiveDataReader(
      name: name, places: try places(header?.number == 1 ? header?.fields ?? [] : [], name: name),
      fieldCount: header?.fields.count ?? 0)
    for line in lines { reader.read(line) }
    try reader.checkUnits()
    let rows = reader.measurements.count + reader.bad.count + reader.setAside.count
    if reader.bad.count * 10 > rows, let first = reader.bad.first {
      throw .tooManyBad(file: name, bad: reader.bad.count, rows: rows, first: "\(first)")
    }
    return CollectiveDataFile(
      name: name, measurements: reader.measurements, bad: reader.bad, setAside: reader.setAside)
  }

  private init(name: String, places: [String: Int], fieldCount: Int) {
    self.name = name
    self.places = places
    self.fieldCount = fieldCount
  }

  private static func places(_ header: [String], name: String) throws(CollectiveDataError) -> [String: Int] {
    var places: [String: Int] = [:]
    var hint = ""
    for (index, field) in header.enumerated() {
      if !columns.contains(field) {
        hint = "; column \(index + 1) is '\(field)'" + NearestName.suggestion(for: field, among: columns)
        break
      }
      if places.updateValue(index, forKey: field) != nil {
        hint = "; column \(index + 1), '\(field)', is there twice"
        break
      }
    }
    let missing = columns.dropFirst().filter { places[$0] == nil }
    if hint.isEmpty, !missing.isEmpty { hint = "; there is no " + missing.joined(separator: ", ") }
    guard hint.isEmpty else {
      throw .header(
        file: name, found: MeasurementLines.shortened(header), expected: columns.joined(separator: ","), hint: hint)
    }
    return places
  }

  private mutating func read(_ line: MeasurementLines.Line) {
    do {
      try accept(line)
    } catch let problem {
      bad.append(MeasurementRemark(file: name, line: line.number, message: problem.message))
    }
  }

  private mutating func accept(_ line: MeasurementLines.Line) throws(Problem) {
    guard line.isWellFormed else { throw Problem(message: "found a quote without its pair") }
    guard line.fields.count == fieldCount else {
      throw Problem(message: "found \(line.fields.count) fields, expected \(fieldCount)")
    }
    func field(_ column: String) -> String {
      places[column].map { NumberText.trim(line.fields[$0]) } ?? ""
    }
    func number(_ column: String, from least: Int) throws(Problem) -> Int {
      guard let number = Int(field(column)), number >= least, number <= 1 << 50 else {
        throw Problem(message: "\(column): found '\(field(column))', expected a whole number from \(least) on")
      }
      return number
    }
    let kind = try Self.kind(field("collective"))
    let dtype = field("dtype").lowercased()
    guard CollectiveRow.dtypes.contains(dtype) else {
      throw Problem(
        message: "dtype: found '\(dtype)', expected one of nccl-tests'"
          + NearestName.suggestion(for: dtype, among: CollectiveRow.dtypes))
    }
    let (gpus, nodes) = (try number("gpus", from: 2), try number("nodes", from: 1))
    let bytes = try number("bytes", from: 0)
    let machine: CollectiveMachine
    do {
      machine = try CollectiveMachine(
        gpu: field("gpu"), interconnect: field("interconnect"), gpus: gpus, nodes: nodes)
    } catch {
      throw Problem(message: "\(error)")
    }
    let identity = Identity(
      texts: [field("source"), field("gpu"), field("interconnect"), field("software"), kind.rawValue, dtype],
      numbers: [gpus, nodes, bytes])
    if bytes == 0 {
      setAside.append(
        MeasurementRemark(file: name, line: line.number, message: "a call of 0 bytes does no work"))
      return
    }
    let time = try Self.time(field("time_us"))
    if let first = lines[identity] {
      throw Problem(message: "the call and machine of line \(first) again, expected one row for each")
    }
    let row = CollectiveRow(
      gpu: field("gpu"), interconnect: field("interconnect"), software: field("software"), gpus: gpus, nodes: nodes,
      collective: kind, dtype: dtype, bytes: Bytes(Int64(bytes)), time: Seconds(time * 1e-6), source: field("source"),
      file: name, line: line.number)
    try checkPlausible(row, machine, time)
    lines[identity] = line.number
    measurements.append(MeasuredCollective(row: row, machine: machine))
  }

  private static func kind(_ text: String) throws(Problem) -> CollectiveKind {
    let name = NumberText.trim(String(text.prefix { $0 != "(" })).lowercased()
    let names = CollectiveKind.allCases.map(\.rawValue)
    let spelt = name.filter { $0 != "_" && $0 != "-" }
    guard let kind = CollectiveKind.allCases.first(where: { $0.rawValue.filter { $0 != "_" } == spelt }) else {
      throw Problem(
        message: "collective: found '\(text)', expected one of \(names.joined(separator: ", "))"
          + NearestName.suggestion(for: name, among: names))
    }
    return kind
  }

  private static func time(_ field: String) throws(Problem) -> Double {
    guard let number = Double(field), number.isFinite else {
      throw Problem(message: "time_us: found '\(field)', expected a number of microseconds")
    }
    guard microseconds.contains(number) else {
      throw Problem(
        message: "time_us: found \(field), expected 0.5 to 1e9 microseconds; a collective takes time, and other units "
          + "must be converted")
    }
    return number
  }

  private mutating func checkPlausible(_ row: CollectiveRow, _ machine: CollectiveMachine, _ time: Double)
    throws(Problem)
  {
    let call = MeasuredCollective(row: row, machine: machine).call
    let estimate = machine.choice(for: call).estimate.seconds * 1e6
    let ratio = time / max(estimate, 5)
    let log = [row.gpu, row.collective.rawValue, row.source].filter { !$0.isEmpty }.joined(separator: ", ")
    ratios.append((row.line, log, ratio))
  }

  /// Refuses the file where the times of a log are not microseconds, and otherwise leaves out rows far from their log.
  private mutating func checkUnits() throws(CollectiveDataError) {
    for (log, rows) in Dictionary(grouping: ratios, by: \.log).sorted(by: { $0.key < $1.key }) {
      let median = OrderStatistics.median(rows.map(\.ratio))
      if !Self.plausibleLog.contains(median), let first = rows.first {
        throw .units(file: name, line: first.line, log: log, ratio: median)
      }
    }
    let strange = ratios.filter { !Self.plausible.contains($0.ratio) }
    let numbers = Set(strange.map(\.line))
    measurements.removeAll { numbers.contains($0.row.line) }
    bad += strange.map { row in
      MeasurementRemark(
        file: name, line: row.line,
        message: "time_us: found \(NumberText.format(row.ratio, significantDigits: 3)) times NCCL's own estimate, "
          + "expected 0.02 to 50 times; are its units mixed up?")
    }
    bad.sort { $0.line < $1.line }
  }
}
