import Experiments

/// The command line of a run as it is stored: words that a shell would take, in single quotes where they need them.
struct StoredCommand {
  let text: String

  /// The words; nil when a quote is left open.
  var words: [String]? {
    var words: [String] = []
    var word: String?
    var isQuoted = false
    var isEscaped = false
    for character in text {
      if isEscaped {
        word = (word ?? "") + String(character)
        isEscaped = false
      } else if character == "'" {
        isQuoted.toggle()
        word = word ?? ""
      } else if isQuoted {
        word = (word ?? "") + String(character)
      } else if character == "\\" {
        isEscaped = true
      } else if character == " " {
        if let word { words.append(word) }
        word = nil
      } else {
        word = (word ?? "") + String(character)
      }
    }
    if let word { words.append(word) }
    return isQuoted || isEscaped ? nil : words
  }

  /// The options of the algorithms that the command asked for; nil when it is no `treeline simulate` of this version.
  var settings: StepSettings? {
    guard let words, words.starts(with: ["treeline", "simulate"]),
      let command = try? Simulate.parse(Array(words.dropFirst(2))),
      let options = try? command.algorithms.stepOptions()
    else { return nil }
    // A run with fitted models is newer than stored options are: its command line is never what is left of them.
    guard command.fitted.isEmpty else { return nil }
    guard command.workload.partialDtype != nil else { return StepSettings(options: options) }
    return (try? command.workload.partialType()).map { StepSettings(options: options, partialType: $0) }
  }
}
