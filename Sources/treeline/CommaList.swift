import Quantities

/// Lists and names on the command line.
enum CommaList {
  /// The items of a list such as `80k,160k`.
  ///
  /// - Throws: ``UsageError`` when an item is empty.
  static func split(_ text: String, option: String) throws -> [String] {
    let items = text.split(separator: ",", omittingEmptySubsequences: false).map { NumberText.trim(String($0)) }
    guard items.allSatisfy({ !$0.isEmpty }) else {
      throw UsageError("\(option): found '\(text)', expected items joined by commas")
    }
    return items
  }

  /// The value that a name stands for.
  ///
  /// - Parameter spelling: Puts other programs' spellings of a name into the one that is known.
  /// - Throws: ``UsageError`` with the nearest name when it stands for none.
  static func choice<Value: RawRepresentable<String>>(
    _ text: String, option: String, noun: String, among values: [Value], spelling: (String) -> String = { $0 }
  ) throws -> Value {
    let spelled = spelling(text)
    if let value = values.first(where: { $0.rawValue == text || $0.rawValue == spelled }) { return value }
    let names = values.map(\.rawValue)
    throw UsageError(
      "\(option): no \(noun) '\(text)'\(NearestName.suggestion(for: text, among: names)) "
        + "(there are: \(names.joined(separator: ", ")))")
  }

  /// The values that the names of a list stand for, each once.
  ///
  /// - Throws: ``UsageError`` when a name stands for none, or two for the same.
  static func choices<Value: RawRepresentable<String> & Equatable>(
    _ text: String, option: String, noun: String, among values: [Value], spelling: (String) -> String = { $0 }
  ) throws -> [Value] {
    var choices: [Value] = []
    for name in try split(text, option: option) {
      let choice = try choice(name, option: option, noun: noun, among: values, spelling: spelling)
      guard !choices.contains(choice) else { throw UsageError("\(option): '\(name)' stands twice") }
      choices.append(choice)
    }
    return choices
  }

  /// The whole numbers of a list such as `8,16,32`.
  ///
  /// - Throws: ``UsageError`` when an item is not a whole number in the range.
  static func integers(_ text: String, option: String, in range: ClosedRange<Int>) throws -> [Int] {
    try split(text, option: option).map { item in
      guard let value = Int(item), range.contains(value) else {
        throw UsageError(
          "\(option): found '\(item)', expected a whole number from \(range.lowerBound) to \(range.upperBound)")
      }
      return value
    }
  }
}
