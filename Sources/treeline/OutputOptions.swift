import ArgumentParser

/// How results are printed.
struct OutputOptions: ParsableArguments {
  /// The formats.
  enum Choice {
    case text
    case json
    case csv
  }

  @Flag(help: "Print JSON.")
  var json: Bool = false

  @Flag(help: "Print CSV.")
  var csv: Bool = false

  /// The format asked for.
  func choice() throws -> Choice {
    guard !(json && csv) else { throw UsageError("--json and --csv ask for two formats; give one") }
    return json ? .json : csv ? .csv : .text
  }
}
