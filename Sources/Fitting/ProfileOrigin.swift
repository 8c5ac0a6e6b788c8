/// Where the measurements of a calibrated profile came from, and how they were used.
public struct ProfileOrigin: Sendable {
  /// The version of Treeline that fitted.
  public let version: String
  /// The source of the measurements.
  public let source: String
  /// Their licence.
  public let license: String
  /// The seed of every draw.
  public let seed: UInt64
  /// For each file its name, SHA-256, and rows: all, used, bad, set aside.
  public let files: [(name: String, hash: String, rows: [Int])]

  /// Creates an origin; see the properties for the meaning of each value.
  public init(
    version: String, source: String, license: String, seed: UInt64,
    files: [(name: String, hash: String, rows: [Int])]
  ) {
    self.version = version
    self.source = source
    self.license = license
    self.seed = seed
    self.files = files
  }

  /// The lines of a profile that say it.
  ///
  /// - Parameters:
  ///   - kind: The kind of profile.
  ///   - more: Further lines, between the seed and the files.
  public func lines(kind: String, _ more: [String] = []) -> [String] {
    [
      "kind: \(kind)", "treeline: \(ProfileText.quoted(version))", "source: \(ProfileText.quoted(source))",
      "license: \(ProfileText.quoted(license))", "seed: \(seed)",
    ] + more + ["files:"]
      + files.map {
        "  - {name: \(ProfileText.quoted($0.name)), sha256: \($0.hash), rows: \($0.rows[0]), used: \($0.rows[1]), "
          + "bad: \($0.rows[2]), set-aside: \($0.rows[3])}"
      }
  }
}
