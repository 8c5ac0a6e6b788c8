/// The versions that a log names.
struct LogVersions {
  private var parts: [String] = []

  /// The versions in one text; `nccl-tests` where the log names none.
  var text: String { parts.isEmpty ? "nccl-tests" : parts.joined(separator: ", ") }

  /// Takes a line.
  mutating func take(_ line: LogLine) {
    let words = line.words
    for (index, word) in words.enumerated() {
      let next = words[(index + 1)...]
      if word == "nccl-tests", next.first == "version", let version = next.dropFirst().first {
        add("nccl-tests \(version)")
      } else if word == "rccl-tests:", next.first == "Version", let version = next.dropFirst().first {
        add("rccl-tests \(version)")
      } else if word.hasPrefix("nccl-library="), let code = Int(word.dropFirst(13)) {
        add("NCCL \(Self.version(code))")
      } else if word == "NCCL" || word == "RCCL", next.first == "version" {
        let version = next.dropFirst().first { $0 != ":" }.map { $0.prefix { $0.isNumber || $0 == "." } } ?? ""
        if version.contains(".") { add("\(word) \(version)") }
      }
    }
  }

  private mutating func add(_ part: String) {
    if !parts.contains(part), parts.count < 8 { parts.append(part) }
  }

  /// NCCL_VERSION_CODE in words: 22703 is 2.27.3, and 2708, of the days before 2.9, 2.7.8 (nccl.h).
  private static func version(_ code: Int) -> String {
    code < 10_000
      ? "\(code / 1000).\(code / 100 % 10).\(code % 100)" : "\(code / 10_000).\(code / 100 % 100).\(code % 100)"
  }
}
