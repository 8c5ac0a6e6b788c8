import ResultStore

extension RunRecord {
  /// The run of this command, now and by this version, with nothing of a step.
  ///
  /// - Parameters:
  ///   - kind: The kind of run.
  ///   - seed: The seed of what it draws; nil for nothing.
  ///   - tokens: The tokens that it is of.
  ///   - note: A remark.
  static func ofCommand(kind: String, seed: UInt64? = nil, tokens: Int64? = nil, note: String? = nil) -> RunRecord {
    RunRecord(
      createdAt: Environment.timestamp, command: CommandText.arguments, treelineVersion: Version.text, seed: seed,
      kind: kind, tokens: tokens, note: note)
  }
}
