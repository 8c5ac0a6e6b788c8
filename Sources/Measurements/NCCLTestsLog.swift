import Quantities

/// Reads what the programs of nccl-tests and rccl-tests print, and passes over what others print between.
///
/// A table belongs to the program that was named last and to the ranks that were listed last before it.
struct NCCLTestsLog {
  private let name: String
  private let context: LogContext
  private let software: String
  private var collector = MeasurementCollector()
  private var program: CollectiveProgram?
  private var ranks = LogRanks()
  private var table: LogTable?
  private var notes: [ImportIssue] = []
  private var failure: MeasurementError?

  /// Whether a text is such a log: a line of it names the columns.
  static func isLog(_ text: String) -> Bool {
    var isLog = false
    TextLines.forEach(text) { number, bytes in
      if !isLog, bytes.contains(UInt8(ascii: "#")) { isLog = LogTable(LogLine(number, bytes)) != nil }
    }
    return isLog
  }

  /// Reads a log.
  ///
  /// - Parameters:
  ///   - text: The log.
  ///   - name: The file's name, for messages.
  ///   - context: What the log does not say.
  /// - Throws: ``MeasurementError`` where it is no log, contradicts the context, or has no row that can be used.
  static func read(_ text: String, name: String, context: LogContext) throws(MeasurementError) -> MeasurementFile {
    var versions = LogVersions()
    TextLines.forEach(text) { number, bytes in versions.take(LogLine(number, bytes)) }
    var log = NCCLTestsLog(name: name, context: context, software: versions.text)
    TextLines.forEach(text) { number, bytes in log.take(LogLine(number, bytes)) }
    log.finishTable()
    if let failure = log.failure { throw failure }
    let file = try log.collector.file(name, .ncclTests, mapping: context.canonicalText, software: versions.text)
    return MeasurementFile(
      name: name, format: file.format, mapping: file.mapping, software: file.software, rowCount: file.rowCount,
      measurements: file.measurements, issues: (file.issues + log.notes).sorted { $0.line < $1.line })
  }

  private init(name: String, context: LogContext, software: String) {
    self.name = name
    self.context = context
    self.software = software
  }

  private mutating func take(_ line: LogLine) {
    if let words = line.comment {
      if let found = LogTable(line) {
        finishTable()
        table = found
      } else if words.first == "nThread" {
        finishTable()
        ranks = LogRanks()
      } else if words.first == "Rank" {
        _ = ranks.take(line)
      } else if words.prefix(3).elementsEqual(["Out", "of", "bounds"]), words.contains("FAILED") {
        notes.append(
          ImportIssue(line: line.number, kind: .unverified, problem: "the program itself says that results were wrong"))
      } else {
        table?.takeUnits(line)
      }
    } else if table?.isRow(line) == true {
      table?.rows.append(line)
      return
    } else if table?.hidesRow(line) == true {
      table?.hidden.append(line.number)
    }
    if let found = CollectiveProgram.named(in: String(line.text)), found != program {
      finishTable()
      program = found
    }
  }

  /// Reads the rows of the table at hand.
  private mutating func finishTable() {
    guard let table else { return }
    self.table = nil
    let asked = context.collective.flatMap { CollectiveProgram(rawValue: $0) }
    check(asked, at: table)
    let count = ranks.isEmpty ? context.gpus : ranks.count
    let known = asked ?? program
    let inferred = known == nil ? count.flatMap { Self.infer(table, ranks: $0) } : nil
    // The reading of a row looks at the log, which may not change meanwhile.
    var collector = collector
    self.collector = MeasurementCollector()
    defer { self.collector = collector }
    for line in table.hidden {
      collector.take(line) { () throws(RowProblem) in
        throw RowProblem(
          "found words before the size, expected a row that starts with it, or behind '[1,0]<stdout>:' or a time")
      }
    }
    for line in table.rows {
      collector.take(line.number) { () throws(RowProblem) in
        if let refusal = table.refusal { throw RowProblem(refusal) }
        let row = try LogRow(line, in: table)
        guard let count else { throw RowProblem("no line lists the ranks; --gpus says how many there are") }
        guard let nodes = ranks.isEmpty ? context.nodes : ranks.nodes else {
          throw RowProblem("no line lists the ranks; --nodes says on how many machines they are")
        }
        guard nodes <= count, count % nodes == 0 else {
          throw RowProblem("found \(count) ranks on \(nodes) machines, expected as many on each")
        }
        guard let program = known ?? inferred else {
          throw RowProblem("no line names the program, such as all_reduce_perf; --collective names the collective")
        }
        try row.check(program, ranks: count)
        let says = try measurements(row, line.number, program, count, nodes, isInferred: known == nil)
        return (says, [program.rawValue, "\(count)"] + line.words.map(String.init))
      }
    }
  }

  private mutating func check(_ asked: CollectiveProgram?, at table: LogTable) {
    let line = table.rows.first?.number
    func differ(_ option: String, _ found: some CustomStringConvertible, _ log: some CustomStringConvertible) {
      failure =
        failure
        ?? MeasurementError(file: name, line: line, "the log says \(log), \(option) says \(found); expected one")
    }
    if let asked, let program, asked != program { differ("--collective", asked.rawValue, program.rawValue) }
    guard !ranks.isEmpty else { return }
    if let gpus = context.gpus, gpus != ranks.count { differ("--gpus", gpus, "\(ranks.count) ranks") }
    if let nodes = context.nodes, nodes != ranks.nodes { differ("--nodes", nodes, "\(ranks.nodes) machines") }
  }

  private func measurements(
    _ row: LogRow, _ line: Int, _ program: CollectiveProgram, _ count: Int, _ nodes: Int, isInferred: Bool
  ) throws(RowProblem) -> [Measurement] {
    guard let gpu = context.gpu ?? (ranks.isEmpty ? nil : ranks.gpu), !gpu.isEmpty else {
      throw RowProblem("no line names the GPU; --gpu does")
    }
    var doubts: [String] = []
    if isInferred { doubts.append("no line names the program: \(program.rawValue) is inferred from algbw and busbw") }
    if !ranks.isEmpty, ranks.listed != ranks.count {
      doubts.append("\(ranks.listed) of \(ranks.count) ranks are listed")
    }
    var says: [Measurement] = []
    for (index, side) in row.sides.enumerated() {
      guard let side else { continue }
      let time = CollectiveTime(
        line: line, gpu: gpu, interconnect: context.interconnect ?? "", gpus: count, nodes: nodes, nics: context.nics,
        software: software, collective: program.rawValue, dtype: row.type, bytes: Bytes(Int64(row.size)),
        inPlace: index == 1, time: Seconds(side.time.value * 1e-6), unverified: doubts.joined(separator: "; "))
      try time.check()
      says.append(.collective(time))
    }
    return says
  }

  /// The only program whose bandwidths of the bus, reduction and root are those of a table; nil where several fit.
  private static func infer(_ table: LogTable, ranks: Int) -> CollectiveProgram? {
    let rows = table.rows.compactMap { try? LogRow($0, in: table) }
    let telling = rows.filter { $0.sides.contains { ($0?.busBandwidth.value ?? 0) >= 1 } }
    guard let first = telling.first else { return nil }
    let reduces = !["", "none"].contains(first.reduction)
    let hasRoot = (first.root ?? -1) >= 0
    let candidates: [CollectiveProgram] =
      switch (reduces, hasRoot) {
      case (true, false): [.allReduce, .reduceScatter]
      case (true, true): [.reduce]
      case (false, true): [.broadcast, .gather, .scatter]
      case (false, false): [.allGather, .allToAll, .sendReceive]
      }
    let fitting = candidates.filter { candidate in
      telling.allSatisfy { row in (try? row.check(candidate, ranks: ranks)) != nil }
    }
    return fitting.count == 1 ? fitting.first : nil
  }
}
