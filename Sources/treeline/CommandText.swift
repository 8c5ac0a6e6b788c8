/// The command line as a shell would take it again, stored with a run.
enum CommandText {
  static var arguments: String {
    (["treeline"] + withoutJobs(CommandLine.arguments.dropFirst())).map(quoted).joined(separator: " ")
  }

  /// The arguments without `--jobs`, on which no result depends: what is stored is the same for any number of them.
  private static func withoutJobs(_ arguments: some Sequence<String>) -> [String] {
    var kept: [String] = []
    var isNumberOfJobs = false
    for argument in arguments {
      if isNumberOfJobs {
        isNumberOfJobs = false
      } else if argument == "--jobs" {
        isNumberOfJobs = true
      } else if !argument.hasPrefix("--jobs=") {
        kept.append(argument)
      }
    }
    return kept
  }

  /// An argument in single quotes where a shell would take it apart otherwise.
  static func quoted(_ argument: String) -> String {
    let plain = argument.allSatisfy { character in
      character.isASCII && (character.isLetter || character.isNumber || "-_./=,:+@%".contains(character))
    }
    return plain && !argument.isEmpty ? argument : "'" + argument.replacing("'", with: "'\\''") + "'"
  }
}
