/// Checks that records can be stored and will read back the same, before anything is written.
enum RecordValidation {
  /// Checks a whole run.
  ///
  /// - Throws: ``ResultStoreError/invalidRecord(field:reason:)`` naming the field, and the metric where it is one.
  static func check(run: RunRecord, inputs: [InputRecord], results: [ResultRecord]) throws(ResultStoreError) {
    guard isUTCTimestamp(run.createdAt) else {
      throw .invalidRecord(
        field: "run.createdAt",
        reason: "found '\(run.createdAt)', expected ISO 8601 in UTC, such as '2025-01-31T23:59:59Z'")
    }
    try checkTexts([
      ("run.command", run.command), ("run.treelineVersion", run.treelineVersion), ("run.kind", run.kind),
      ("run.mask", run.mask ?? ""), ("run.dtype", run.dtype ?? ""), ("run.note", run.note ?? ""),
    ])
    if let hash = run.topologyHash { try checkHash(hash, field: "run.topologyHash") }
    if let hash = run.modelHash { try checkHash(hash, field: "run.modelHash") }
    for (index, input) in inputs.enumerated() {
      let field = "inputs[\(index)] '\(input.name)'"
      try checkHash(input.hash, field: field + ".hash")
      try checkTexts([(field + ".kind", input.kind), (field + ".name", input.name), (field + ".text", input.text)])
    }
    for (index, result) in results.enumerated() {
      try check(result, field: "results[\(index)] '\(result.label)'")
    }
  }

  /// Checks an imported file.
  ///
  /// - Throws: ``ResultStoreError/invalidRecord(field:reason:)`` naming the field.
  static func check(_ source: SourceRecord) throws(ResultStoreError) {
    guard isUTCTimestamp(source.importedAt) else {
      throw .invalidRecord(
        field: "source.importedAt",
        reason: "found '\(source.importedAt)', expected ISO 8601 in UTC, such as '2025-01-31T23:59:59Z'")
    }
    try checkHash(source.sha256, field: "source.sha256")
    try checkTexts([
      ("source.command", source.command), ("source.treelineVersion", source.treelineVersion),
      ("source.path", source.path), ("source.origin", source.origin), ("source.license", source.license),
    ])
  }

  private static func check(_ result: ResultRecord, field: String) throws(ResultStoreError) {
    try checkTexts([
      (field + ".label", result.label), (field + ".algorithm", result.algorithm), (field + ".options", result.options),
    ])
    try check(result.samples, field: field)
    var seen: Set<[UInt8]> = []
    for metric in result.metrics {
      let field = "\(field) metric '\(metric.name)'" + (metric.scope.isEmpty ? "" : " of '\(metric.scope)'")
      try checkTexts([(field + ".name", metric.name), (field + ".scope", metric.scope), (field + ".unit", metric.unit)])
      guard !metric.name.isEmpty else {
        throw .invalidRecord(field: field, reason: "found an empty name, expected one such as 'step time'")
      }
      if case .real(let value) = metric.value, !value.isFinite {
        throw .invalidRecord(field: field, reason: "found the value \(value), expected a finite number")
      }
      // Bytes, as SQLite compares them: Swift holds composed and decomposed accents to be equal.
      let parts = [metric.name, metric.scope, metric.provenance.rawValue]
      let key: [UInt8] = parts.flatMap { (part: String) -> [UInt8] in Array(part.utf8) + [0] }
      guard seen.insert(key).inserted else {
        throw .invalidRecord(
          field: field, reason: "found twice with the provenance '\(metric.provenance.rawValue)', expected once")
      }
    }
  }

  private static func check(_ samples: [SampleRecord], field: String) throws(ResultStoreError) {
    var names: Set<String> = []
    for series in samples {
      let field = "\(field) samples '\(series.name)'"
      try checkTexts([(field + ".name", series.name), (field + ".unit", series.unit)])
      guard !series.name.isEmpty, names.insert(series.name).inserted else {
        throw .invalidRecord(field: field, reason: "found an empty name or one twice, expected each once")
      }
      guard [.measured, .emulated].contains(series.provenance) else {
        throw .invalidRecord(
          field: field, reason: "found the provenance '\(series.provenance.rawValue)', expected measured or emulated")
      }
      guard series.values.allSatisfy(\.isFinite) else {
        throw .invalidRecord(field: field, reason: "found a value that is not finite")
      }
    }
  }

  private static func checkTexts(_ texts: [(field: String, text: String)]) throws(ResultStoreError) {
    // SQLite would end the text there.
    for (field, text) in texts where text.utf8.contains(0) {
      throw .invalidRecord(field: field, reason: "found a NUL character, expected text without one")
    }
  }

  private static func checkHash(_ hash: String, field: String) throws(ResultStoreError) {
    guard hash.utf8.count == 64, hash.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }) else {
      throw .invalidRecord(
        field: field, reason: "found '\(hash)', expected a SHA-256 in 64 lower-case hexadecimal digits")
    }
  }

  /// Whether a text reads `2025-01-31T23:59:59Z`, with an optional fraction of a second.
  private static func isUTCTimestamp(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    let pattern = Array("0000-00-00T00:00:00".utf8)
    guard bytes.count > pattern.count, bytes.last == UInt8(ascii: "Z") else { return false }
    func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
    for (byte, expected) in zip(bytes, pattern) {
      guard expected == UInt8(ascii: "0") ? isDigit(byte) : byte == expected else { return false }
    }
    func number(at start: Int) -> UInt8 { (bytes[start] - 48) * 10 + bytes[start + 1] - 48 }
    // A 60th second exists in UTC.
    guard (1...12).contains(number(at: 5)), (1...31).contains(number(at: 8)), number(at: 11) <= 23,
      number(at: 14) <= 59, number(at: 17) <= 60
    else { return false }
    let fraction = bytes[pattern.count..<(bytes.count - 1)]
    return fraction.isEmpty
      || (fraction.count > 1 && fraction.first == UInt8(ascii: ".") && fraction.dropFirst().allSatisfy(isDigit))
  }
}
