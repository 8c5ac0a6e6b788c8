import Quantities

/// A row of a table of nccl-tests: a size, and what came of it out of place and in place.
struct LogRow {
  /// One side of a row.
  struct Side {
    /// Microseconds.
    let time: PrintedNumber
    /// Bytes over time, in GB/s.
    let algorithmBandwidth: PrintedNumber
    /// The bandwidth of a bus that would do as well, in GB/s.
    let busBandwidth: PrintedNumber
  }

  /// The bytes.
  let size: Int
  /// The bytes of so many elements as the row says: the size, or a rank's share of it.
  let elementBytes: Int
  /// The type of the elements.
  let type: String
  /// The reduction; empty or `none` where nothing is reduced.
  let reduction: String
  /// The root; -1 for none, nil where no column says it.
  let root: Int?
  /// The sides, out of place first; nil for one that was not measured.
  let sides: [Side?]

  /// The types by the bytes of an element.
  private static let typeSizes: [String: Int] = [
    "int8": 1, "char": 1, "uint8": 1, "f8e4m3": 1, "f8e5m2": 1, "fp8_e4m3": 1, "fp8_e5m2": 1, "half": 2, "float16": 2,
    "fp16": 2, "bfloat16": 2, "bf16": 2, "int32": 4, "int": 4, "uint32": 4, "float": 4, "float32": 4, "int64": 8,
    "uint64": 8, "double": 8, "float64": 8,
  ]

  /// Whether a word is the type of a row.
  static func isType(_ word: some StringProtocol) -> Bool { typeSizes[String(word)] != nil }

  init(_ line: LogLine, in table: LogTable) throws(RowProblem) {
    let words = line.words.map(String.init)
    let right = 4 * table.sides + table.tail
    let middle = words.count - 3 - right
    guard (0...table.middle.count).contains(middle) else {
      throw RowProblem(
        "found \(words.count) values, expected \(3 + right + table.middle.count) as its table has columns")
    }
    guard let size = Int(words[0]), let count = Int(words[1]), size > 0, count > 0, size <= 1 << 50 else {
      throw RowProblem("size: found \(words[0]) B of \(words[1]) elements, expected both above zero")
    }
    self.size = size
    guard let typeSize = Self.typeSizes[words[2]] else {
      throw RowProblem(
        "type: found '\(words[2])', expected one of nccl-tests"
          + NearestName.suggestion(for: words[2], among: Self.typeSizes.keys.sorted()))
    }
    type = words[2]
    elementBytes = count.multipliedReportingOverflow(by: typeSize).partialValue
    let between = words[3..<3 + middle]
    root = between.lazy.compactMap { Int($0) }.first
    reduction = between.first { Int($0) == nil } ?? ""
    // Where a program leaves redop or root empty the time follows at once; where it is torn off another value does.
    guard middle == table.middle.count || words[3 + middle] == "N/A" || PrintedNumber(words[3 + middle]) != nil else {
      throw RowProblem(
        "found \(words.count) values, expected \(3 + right + table.middle.count) as its table has columns: values are "
          + "missing before '\(words[3 + middle])', where a time should be; a torn line?")
    }
    var sides: [Side?] = []
    for start in stride(from: 3 + middle, to: 3 + middle + 4 * table.sides, by: 4) {
      sides.append(try Self.side(Array(words[start..<start + 4]), isInPlace: start > 3 + middle, size: size))
    }
    self.sides = sides
    guard sides.contains(where: { $0 != nil }) else { throw RowProblem("found no time on either side, expected one") }
  }

  private static func side(_ words: [String], isInPlace: Bool, size: Int) throws(RowProblem) -> Side? {
    guard words[0] != "N/A" else { return nil }
    let place = isInPlace ? "in place" : "out of place"
    func number(_ index: Int, _ name: String) throws(RowProblem) -> PrintedNumber {
      guard let number = PrintedNumber(words[index]) else {
        throw RowProblem("\(name) \(place): found '\(words[index])', expected a number")
      }
      return number
    }
    let side = Side(
      time: try number(0, "time"), algorithmBandwidth: try number(1, "algbw"), busBandwidth: try number(2, "busbw"))
    guard CollectiveTime.microseconds.contains(side.time.value) else {
      throw RowProblem("time \(place): found \(words[0]) us, expected at least 0.5; a collective takes time")
    }
    try checkWrong(words[3], place)
    // GB/s are bytes a nanosecond.
    let rate = side.time.range
    let expected = Double(size) / rate.upperBound / 1e3...Double(size) / max(rate.lowerBound, 1e-9) / 1e3
    guard side.algorithmBandwidth.agrees(with: expected) else {
      throw RowProblem(
        "algbw \(place): found \(words[1]) GB/s, expected \(TableRow.plain(Double(size) / side.time.value / 1e3)) of "
          + "\(size) B in \(words[0]) us; units mixed up?")
    }
    return side
  }

  /// Wrong elements, or the largest error of early versions, which is far above rounding only where results are wrong.
  private static func checkWrong(_ word: String, _ place: String) throws(RowProblem) {
    guard word != "N/A", word != "-" else { return }
    if let wrong = Int(word), wrong >= 0 {
      guard wrong == 0 else { throw RowProblem("#wrong \(place): found \(word) wrong elements, expected none") }
    } else if let error = Double(word) {
      guard error >= 0, error < 0.1 else {
        throw RowProblem("error \(place): found \(word), expected what rounding makes")
      }
    } else {
      throw RowProblem("#wrong \(place): found '\(word)', expected a number or N/A")
    }
  }

  /// Checks the bandwidths of the bus.
  func check(_ program: CollectiveProgram, ranks: Int) throws(RowProblem) {
    guard size == elementBytes || size == elementBytes.multipliedReportingOverflow(by: ranks).partialValue else {
      throw RowProblem(
        "size: found \(size) B beside elements of \(elementBytes) B, expected as many, or \(ranks) times as many; a torn line?"
      )
    }
    guard let factor = program.busFactor(ranks: ranks) else { return }
    for case let side? in sides {
      let algorithm = side.algorithmBandwidth.range
      guard side.busBandwidth.agrees(with: algorithm.lowerBound * factor...algorithm.upperBound * factor) else {
        throw RowProblem(
          "busbw: found \(side.busBandwidth.text) GB/s, expected \(TableRow.plain(side.algorithmBandwidth.value * factor)), "
            + "which is algbw x \(TableRow.plain(factor)) for \(program.rawValue) among \(ranks) ranks; units mixed up, "
            + "another collective, or another number of ranks?")
      }
    }
  }
}
