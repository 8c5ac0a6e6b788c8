/// A line of comma-separated values (RFC 4180), but that a value must end on its line.
enum CSVLine {
  private static let comma = UInt8(ascii: ",")
  private static let quote = UInt8(ascii: "\"")

  /// The values of a line.
  ///
  /// - Throws: ``RowProblem`` where quotes are out of place.
  static func fields(_ line: Substring.UTF8View) throws(RowProblem) -> [String] {
    guard line.contains(quote) else {
      return line.split(separator: comma, omittingEmptySubsequences: false).map { String(Substring($0)) }
    }
    var fields: [String] = []
    var rest = line[...]
    while true {
      if rest.first == quote {
        fields.append(try quoted(&rest))
      } else {
        let field = rest.prefix { $0 != comma }
        guard !field.contains(quote) else {
          throw RowProblem("found a quote within field \(fields.count + 1), expected quotes around a whole field")
        }
        fields.append(String(Substring(field)))
        rest = rest[field.endIndex...]
      }
      guard let next = rest.first else { return fields }
      guard next == comma else {
        throw RowProblem("found text after the quoted field \(fields.count), expected a comma")
      }
      rest = rest.dropFirst()
      if rest.isEmpty {
        fields.append("")
        return fields
      }
    }
  }

  /// Takes a quoted value from the front; two quotes in it are one.
  private static func quoted(_ rest: inout Substring.UTF8View) throws(RowProblem) -> String {
    var bytes: [UInt8] = []
    rest = rest.dropFirst()
    while let byte = rest.first {
      rest = rest.dropFirst()
      if byte != quote {
        bytes.append(byte)
      } else if rest.first == quote {
        bytes.append(quote)
        rest = rest.dropFirst()
      } else {
        return String(decoding: bytes, as: UTF8.self)
      }
    }
    throw RowProblem("found a quote that the line does not close")
  }

  /// A text without the byte order mark that may open a file.
  static func withoutMark(_ text: Substring) -> Substring {
    text.unicodeScalars.first == "\u{FEFF}" ? Substring(text.unicodeScalars.dropFirst()) : text
  }
}
