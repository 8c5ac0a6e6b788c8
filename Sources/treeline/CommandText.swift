/// The command line as a shell would take it again, stored with a run.
enum CommandText {
  static var arguments: String {
    (["treeline"] + CommandLine.arguments.dropFirst()).map(quoted).joined(separator: " ")
  }

  private static func quoted(_ argument: String) -> String {
    let plain = argument.allSatisfy { character in
      character.isASCII && (character.isLetter || character.isNumber || "-_./=,:+@%".contains(character))
    }
    return plain && !argument.isEmpty ? argument : "'" + argument.replacing("'", with: "'\\''") + "'"
  }
}
