import Quantities

/// The lines of a file of comma-separated measurements, each split into fields.
///
/// Fields may stand in double quotes, in which commas are part of them and a quote is doubled (RFC 4180); a line ends at its
/// line end even within quotes, so that one stray quote spoils one row and not the rest of the file. Windows line ends and a
/// byte order mark are taken; empty lines are passed over.
public struct MeasurementLines: Sequence, IteratorProtocol {
  /// A line.
  public struct Line: Sendable {
    /// Its number, from 1.
    public let number: Int
    /// Its fields.
    public let fields: [String]
    /// Whether its quotes are in pairs.
    public let isWellFormed: Bool
  }

  private var rest: Substring.UTF8View
  private var number = 0
  private var isDone = false

  /// The lines of a text.
  public init(_ text: String) {
    rest = Substring(text.hasPrefix("\u{FEFF}") ? text.dropFirst() : text[...]).utf8
  }

  /// The next line that is not empty.
  public mutating func next() -> Line? {
    while !isDone {
      number += 1
      let end = rest.firstIndex(of: UInt8(ascii: "\n"))
      var line = rest[..<(end ?? rest.endIndex)]
      if let end {
        rest = rest[rest.index(after: end)...]
      } else {
        isDone = true
      }
      if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
      guard !line.isEmpty else { continue }
      guard line.contains(UInt8(ascii: "\"")) else {
        let fields = line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        return Line(number: number, fields: fields.map { String(Substring($0)) }, isWellFormed: true)
      }
      return Self.quoted(line, number)
    }
    return nil
  }

  private static func quoted(_ line: Substring.UTF8View, _ number: Int) -> Line {
    var fields: [String] = []
    var field: [UInt8] = []
    var isInside = false
    var wasQuote = false
    for byte in line {
      if byte == UInt8(ascii: "\"") {
        if wasQuote { field.append(byte) }
        wasQuote = isInside
        isInside.toggle()
      } else {
        wasQuote = false
        if byte == UInt8(ascii: ","), !isInside {
          fields.append(String(decoding: field, as: UTF8.self))
          field = []
        } else {
          field.append(byte)
        }
      }
    }
    fields.append(String(decoding: field, as: UTF8.self))
    return Line(number: number, fields: fields, isWellFormed: !isInside)
  }

  /// What is wrong with a first line that is not the columns asked for, as the tail of a message:
  /// `; column 7 is 'hed_dim'; did you mean 'head_dim'?`.
  public static func hint(_ header: [String], expected columns: [String]) -> String {
    for (index, field) in header.enumerated() where index >= columns.count || field != columns[index] {
      return "; column \(index + 1) is '\(field)'" + NearestName.suggestion(for: field, among: columns)
    }
    return ""
  }

  /// A line for messages, cut where it is long.
  public static func shortened(_ fields: [String]) -> String {
    let text = fields.joined(separator: ",")
    return text.count > 120 ? text.prefix(120) + "…" : text
  }
}
