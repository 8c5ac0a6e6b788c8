import Measurements

/// A file of measurements as it was imported.
public struct SourceRecord: Sendable, Hashable {
  /// When, in ISO 8601 and UTC.
  public var importedAt: String
  /// The arguments of the command.
  public var command: String
  /// The version of Treeline that ran.
  public var treelineVersion: String
  /// The file as it was named.
  public var path: String
  /// The SHA-256 of its bytes, 64 lower-case hexadecimal digits.
  public var sha256: String
  /// Where it comes from.
  public var origin: String
  /// Its licence.
  public var license: String

  /// Creates a record; see the properties for the meaning of each value.
  public init(
    importedAt: String, command: String, treelineVersion: String, path: String, sha256: String, origin: String,
    license: String
  ) {
    self.importedAt = importedAt
    self.command = command
    self.treelineVersion = treelineVersion
    self.path = path
    self.sha256 = sha256
    self.origin = origin
    self.license = license
  }
}

/// An import as it is stored.
public struct StoredSource: Sendable, Hashable {
  /// Its number.
  public let id: Int64
  /// The file.
  public let record: SourceRecord
  /// What it was read as.
  public let format: String
  /// What was declared to read it.
  public let mapping: String
  /// The software that the whole file names.
  public let software: String
  /// Its rows of data.
  public let rows: Int64
  /// The rows that are stored.
  public let kept: Int64
  /// The rows left out because something is wrong with them.
  public let bad: Int64
  /// The rows left out because they were there before.
  public let duplicates: Int64
  /// Remarks on stored rows that should not be relied on.
  public let unverified: Int64
}
