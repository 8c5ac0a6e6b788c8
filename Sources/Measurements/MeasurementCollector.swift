/// Gathers what the rows of a file say, and what is to be said of them.
struct MeasurementCollector {
  private(set) var rowCount = 0
  private(set) var measurements: [Measurement] = []
  private(set) var issues: [ImportIssue] = []
  private var seen: [AnyHashable: (line: Int, places: Range<Int>)] = [:]

  /// Takes a row, or says why it can't be taken.
  mutating func take(
    _ line: Int, _ read: () throws(RowProblem) -> (says: [Measurement], identity: AnyHashable)
  ) {
    rowCount += 1
    do {
      let (says, identity) = try read()
      if let (first, places) = seen[identity] {
        let isEqual = says == measurements[places].map { Self.moved($0, to: line) }
        issues.append(
          ImportIssue(
            line: line, kind: .duplicate,
            problem: "what line \(first) measured, again" + (isEqual ? "" : ", with another result")))
        return
      }
      seen[identity] = (line, measurements.count..<measurements.count + says.count)
      measurements += says
      if let doubt = says.lazy.map(Self.doubt).first(where: { !$0.isEmpty }) {
        issues.append(ImportIssue(line: line, kind: .unverified, problem: doubt))
      }
    } catch let problem {
      issues.append(ImportIssue(line: line, kind: .bad, problem: problem.message))
    }
  }

  /// The file, of at least one row that is kept.
  ///
  /// - Throws: ``MeasurementError`` where none is.
  func file(_ name: String, _ format: MeasurementFormat, mapping: String = "", software: String = "")
    throws(MeasurementError) -> MeasurementFile
  {
    guard !measurements.isEmpty else {
      guard let first = issues.first else {
        throw MeasurementError(file: name, "found no row of data, expected at least one (read as \(format.rawValue))")
      }
      throw MeasurementError(
        file: name, line: first.line,
        "\(first.problem); none of the \(rowCount) rows can be used (read as \(format.rawValue))")
    }
    return MeasurementFile(
      name: name, format: format, mapping: mapping, software: software, rowCount: rowCount, measurements: measurements,
      issues: issues)
  }

  private static func doubt(_ measurement: Measurement) -> String {
    switch measurement {
    case .kernel(let time): time.unverified
    case .collective(let time): time.unverified
    case .figure(let figure): figure.unverified
    }
  }

  private static func moved(_ measurement: Measurement, to line: Int) -> Measurement {
    switch measurement {
    case .kernel(var time):
      time.line = line
      return .kernel(time)
    case .collective(var time):
      time.line = line
      return .collective(time)
    case .figure(var figure):
      figure.line = line
      return .figure(figure)
    }
  }
}
