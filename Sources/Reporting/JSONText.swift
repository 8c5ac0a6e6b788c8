import Foundation

/// JSON as all commands print it: two spaces of indentation, keys sorted, slashes as they are.
public enum JSONText {
  /// Encodes a value.
  ///
  /// - Throws: `EncodingError` when the value holds a number that is not finite.
  public static func encode(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
}
