import Quantities
import Yams

/// A mapping of a configuration document, in the order of the file, whose keys have been checked.
public struct FieldMapping {
  /// The mapping itself, for errors about the whole of it.
  public let field: Field
  /// The entries in the order of the file.
  public let entries: [(key: String, value: Field)]
  /// For each entry, the place of its key, for errors about a name.
  private let keyFields: [Field]

  init(_ field: Field, allowed: [String]?) throws(ConfigurationError) {
    guard let mapping = field.node.mapping else {
      throw field.error("found \(field.found), expected a mapping")
    }
    var entries: [(key: String, value: Field)] = []
    var keyFields: [Field] = []
    var seen: Set<String> = []
    for (keyNode, valueNode) in mapping {
      let keyField = Field(file: field.file, path: field.path, node: keyNode)
      guard let key = keyNode.scalar?.string, !key.isEmpty, Field.unprintable(in: key) == nil,
        !key.contains(where: \.isNewline)
      else {
        throw keyField.error("found a key that is no plain name, expected a name")
      }
      if let allowed, !allowed.contains(key) {
        throw keyField.error(
          "unknown key '\(key)'\(NearestName.suggestion(for: key, among: allowed)) "
            + "(expected: \(allowed.joined(separator: ", ")))")
      }
      guard seen.insert(key).inserted else {
        throw keyField.error("the key '\(key)' stands twice in one mapping")
      }
      let path = field.path.isEmpty ? key : "\(field.path).\(key)"
      entries.append((key, Field(file: field.file, path: path, node: valueNode)))
      keyFields.append(keyField)
    }
    self.field = field
    self.entries = entries
    self.keyFields = keyFields
  }

  /// The value of a key; nil when it is absent.
  public func optional(_ key: String) -> Field? {
    entries.first(where: { $0.key == key })?.value
  }

  /// The value of a key.
  ///
  /// - Throws: ``ConfigurationError`` when the key is absent.
  public func required(_ key: String) throws(ConfigurationError) -> Field {
    guard let value = optional(key) else { throw field.error("no key '\(key)', which is required here") }
    return value
  }

  /// The place where a key itself stands, for errors about a name.
  public func keyField(_ key: String) -> Field {
    entries.firstIndex(where: { $0.key == key }).map { keyFields[$0] } ?? field
  }
}
