import Yams

/// Bounds on documents, so that a hostile or broken file ends in an error and not in a crash, a hang or full memory.
enum DocumentLimits {
  /// The most levels of lists and mappings in each other.
  static let depth = 64
  /// The most aliases. Sixteen can make a document at most 3^5 times its size, which ``check(_:textLength:file:)``
  /// then refuses before anything walks it; hundreds could make 10^30 nodes, and the YAML parser hashes keys in full.
  static let aliases = 16

  /// Refuses a text with more than a few aliases, before it is parsed.
  ///
  /// What looks like an alias is counted: a star before a letter or digit, after white space or an opening mark, in a
  /// line that is no comment. Text in quotes may be counted too, never the other way round.
  ///
  /// - Throws: ``ConfigurationError`` at the line of the first alias too many.
  static func checkAliases(in yaml: String, file: String) throws(ConfigurationError) {
    var count = 0
    var line = 1
    var previous = UInt8(ascii: "\n")
    var isBlank = true
    var isComment = false
    var isStar = false
    for byte in yaml.utf8 {
      let isSpace = byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
      if isStar, !isComment, !isSpace, byte != UInt8(ascii: "\n"), byte != UInt8(ascii: "\r") {
        count += 1
        guard count <= aliases else {
          throw ConfigurationError(
            file: file, line: line,
            message: "found more than \(aliases) aliases (a star before a name), expected values written out")
        }
      }
      isStar = byte == UInt8(ascii: "*") && !isWord(previous)
      if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
        if byte == UInt8(ascii: "\n") { line += 1 }
        isBlank = true
        isComment = false
      } else if isBlank, !isSpace {
        isBlank = false
        isComment = byte == UInt8(ascii: "#")
      }
      // YAML also ends lines at U+0085, U+2028 and U+2029: after any such byte the comment may be over.
      if byte >= 0x80 { isComment = false }
      previous = byte
    }
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "*"):
      return true
    default:
      return false
    }
  }

  /// Refuses a document that nests too deeply, or holds far more values than its text has characters.
  ///
  /// - Parameters:
  ///   - node: The root.
  ///   - textLength: The length of the text that it came from; a document without aliases has at most about one value
  ///     per character.
  ///   - file: The file, for messages.
  /// - Throws: ``ConfigurationError`` at the value where a bound is passed.
  static func check(_ node: Node, textLength: Int, file: String) throws(ConfigurationError) {
    let most = textLength > (Int.max - 1024) / 2 ? Int.max : 2 * textLength + 1024
    var count = 0
    var pending: [(node: Node, depth: Int)] = [(node, 0)]
    while let (node, depth) = pending.popLast() {
      count += 1
      guard depth < Self.depth || node.scalar != nil else {
        throw ConfigurationError(
          file: file, line: node.mark?.line, column: node.mark?.column,
          message: "found lists and mappings more than \(Self.depth) levels deep")
      }
      guard count <= most else {
        throw ConfigurationError(
          file: file, line: node.mark?.line, column: node.mark?.column,
          message: "found aliases that multiply the document past \(most) values, expected values written out")
      }
      switch node {
      case .mapping(let mapping):
        for (key, value) in mapping {
          pending.append((key, depth + 1))
          pending.append((value, depth + 1))
        }
      case .sequence(let sequence):
        for item in sequence { pending.append((item, depth + 1)) }
      default: break
      }
    }
  }

  /// Refuses a path with more steps than a document may have levels.
  ///
  /// - Throws: ``ConfigurationError`` that names the limit.
  static func checkPath(_ steps: Int, file: String) throws(ConfigurationError) {
    guard steps <= depth else {
      throw ConfigurationError(file: file, message: "found a path of \(steps) steps, expected at most \(depth)")
    }
  }
}
