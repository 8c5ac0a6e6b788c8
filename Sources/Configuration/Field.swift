import Quantities
import Yams

/// One value of a configuration document, which knows where it stands and can be read as what it should be.
///
/// Every reader throws a ``ConfigurationError`` that names the file, line, column and path of the value, what was
/// found and what was expected:
///
///     let document = try Document(yaml: text, file: "dgx.yaml")
///     let links = try document.root.mapping(allowed: ["links"]).required("links")
///     let rate = try links.mapping().required("ndr").quantity(BytesPerSecond.self)
public struct Field {
  /// The file that the value came from, for messages.
  public let file: String
  /// The path of the value, such as `links.ndr.bandwidth`.
  public let path: String
  let node: Node

  init(file: String, path: String, node: Node) {
    self.file = file
    self.path = path
    self.node = node
  }

  /// An error at this value.
  ///
  /// - Parameter message: What was found, what was expected, and the nearest valid name.
  public func error(_ message: String) -> ConfigurationError {
    ConfigurationError(file: file, line: node.mark?.line, column: node.mark?.column, path: path, message: message)
  }

  /// The text of a scalar as written; nil for a list or a mapping.
  public var scalarText: String? { node.scalar?.string }

  /// Whether the value is a list.
  public var isList: Bool { node.sequence != nil }

  /// Whether the value is a mapping.
  public var isMapping: Bool { node.mapping != nil }

  /// What kind of value stands here, for messages: "the list", "the mapping", or the scalar in quotes.
  public var found: String {
    if let text = scalarText { return text.isEmpty ? "nothing" : "'\(text)'" }
    return isList ? "a list" : "a mapping"
  }

  /// The value as text.
  ///
  /// - Throws: ``ConfigurationError`` when it is a list, a mapping or empty, or holds control characters other than
  ///   tabs and line ends, or invisible ones.
  public func string() throws(ConfigurationError) -> String {
    guard let text = scalarText, !text.isEmpty else { throw error("found \(found), expected a text") }
    if let unprintable = Self.unprintable(in: text) {
      throw error("found \(unprintable), expected a text of printable characters")
    }
    return text
  }

  /// What of a text can't be shown as it is; nil where all of it can.
  ///
  /// Control characters are not but tabs and line ends, nor is what has no shape of its own and makes one text look like
  /// another: characters without width, separators of lines, and those that turn the direction of writing.
  static func unprintable(in text: String) -> String? {
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\n", "\t", "\r": continue
      case "\u{200B}"..."\u{200F}", "\u{2028}"..."\u{202E}", "\u{2060}"..."\u{2069}", "\u{FEFF}":
        return "the invisible character U+\(String(scalar.value, radix: 16, uppercase: true))"
      default:
        if scalar.properties.generalCategory == .control { return "a control character" }
      }
    }
    return nil
  }

  /// The value as `true` or `false`.
  ///
  /// - Throws: ``ConfigurationError`` when it is neither.
  public func boolean() throws(ConfigurationError) -> Bool {
    switch scalarText {
    case "true": return true
    case "false": return false
    default: throw error("found \(found), expected true or false")
    }
  }

  /// The value as a whole number in a range.
  ///
  /// - Throws: ``ConfigurationError`` when it is not one or lies outside the range.
  public func integer(in range: ClosedRange<Int>) throws(ConfigurationError) -> Int {
    guard let text = scalarText, let value = Self.wholeNumber(text) else {
      throw error("found \(found), expected a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    guard range.contains(value) else {
      throw error("found \(value), expected a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  private static func wholeNumber(_ text: String) -> Int? {
    // Underscores group digits, as in 1_000_000, so that one stands between any two digits.
    let groups = text.split(separator: "_", omittingEmptySubsequences: false)
    guard groups.allSatisfy({ $0.last?.isNumber ?? false }),
      groups.dropFirst().allSatisfy({ $0.first?.isNumber ?? false })
    else { return nil }
    return Int(groups.joined())
  }

  /// The value as a number in a range.
  ///
  /// - Throws: ``ConfigurationError`` when it is not one or lies outside the range.
  public func number(in range: ClosedRange<Double>) throws(ConfigurationError) -> Double {
    let (value, rest) = NumberText.split(scalarText ?? "")
    guard let value, rest.isEmpty, value.isFinite, range.contains(value) else {
      let upper = NumberText.format(range.upperBound, significantDigits: 6)
      // A range that starts at the least number above zero is one that leaves out zero.
      guard range.lowerBound > 1e-300 || range.lowerBound <= 0 else {
        throw error("found \(found), expected a number above 0 and at most \(upper)")
      }
      let lower = NumberText.format(range.lowerBound, significantDigits: 6)
      throw error("found \(found), expected a number from \(lower) to \(upper)")
    }
    return value
  }

  /// The value as a quantity with its unit.
  ///
  /// - Parameters:
  ///   - type: The quantity expected.
  ///   - range: The values allowed; nil allows every value above zero.
  /// - Throws: ``ConfigurationError`` when it can't be read or lies outside the range.
  public func quantity<Value: Quantity>(
    _ type: Value.Type = Value.self, in range: ClosedRange<Value>? = nil
  ) throws(ConfigurationError) -> Value {
    guard let text = scalarText, !text.isEmpty else {
      throw error("found \(found), expected \(Value.noun) such as \(Value.example)")
    }
    let value: Value
    do {
      value = try Value(parsing: text)
    } catch {
      throw self.error(error.description)
    }
    if let range {
      guard range.contains(value) else {
        throw error("found '\(text)', expected \(Value.noun) from \(range.lowerBound) to \(range.upperBound)")
      }
    } else if value.baseUnits <= 0 || !value.baseUnits.isFinite {
      throw error("found '\(text)', expected \(Value.noun) above zero")
    }
    return value
  }

  /// The value as one of a fixed set of names.
  ///
  /// - Parameters:
  ///   - choices: The names allowed.
  ///   - noun: What is being named, for the message: "fabric kind".
  /// - Throws: ``ConfigurationError`` with the nearest name when it is none of them.
  public func name(among choices: [String], noun: String) throws(ConfigurationError) -> String {
    let text = try string()
    guard choices.contains(text) else {
      throw error(
        "no \(noun) '\(text)'\(NearestName.suggestion(for: text, among: choices)) "
          + "(there are: \(choices.joined(separator: ", ")))")
    }
    return text
  }

  /// The items of a list.
  ///
  /// - Throws: ``ConfigurationError`` when it is no list.
  public func list() throws(ConfigurationError) -> [Field] {
    guard let sequence = node.sequence else { throw error("found \(found), expected a list") }
    return sequence.enumerated().map { Field(file: file, path: "\(path)[\($0.offset)]", node: $0.element) }
  }

  /// The value as a mapping from names to values.
  ///
  /// - Parameter allowed: The keys that may stand in it; nil allows any, for mappings whose keys are names.
  /// - Throws: ``ConfigurationError`` when it is no mapping or holds a key that is not allowed.
  public func mapping(allowed: [String]? = nil) throws(ConfigurationError) -> FieldMapping {
    try FieldMapping(self, allowed: allowed)
  }
}
