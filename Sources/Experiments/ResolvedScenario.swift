import Configuration
import Scenarios

/// A scenario with everything that the command line added to it, and its text, which alone draws the same conditions.
public struct ResolvedScenario: Sendable {
  /// The scenario.
  public let scenario: Scenario
  /// The canonical text.
  public let text: String
  /// The hash of the text.
  public let hash: String

  /// Takes a scenario as it is.
  public init(_ scenario: Scenario) {
    self.scenario = scenario
    text = scenario.text
    hash = ContentHash.sha256(text)
  }

  /// Loads a scenario by name or path and adds to it.
  ///
  /// - Parameters:
  ///   - nameOrPath: The name of a scenario or the path of a file; nil to start from one in which nothing happens.
  ///   - library: Where names are looked up.
  ///   - options: What the command line adds, in the order in which it counts.
  ///   - seed: Chooses every sample; nil for the scenario's own seed.
  ///   - replications: How often the step is simulated; nil for the scenario's own number.
  /// - Throws: ``MissingConfiguration`` when the file can't be found, ``ConfigurationError`` when it or an option is
  ///   wrong, or two options say what can be said only once.
  public init(
    _ nameOrPath: String?, from library: InputLibrary, adding options: [(option: ScenarioOption, text: String)] = [],
    seed: UInt64? = nil, replications: Int? = nil
  ) throws {
    var scenario =
      try nameOrPath.map { try Scenario(document: try library.scenarios.load($0)) } ?? Scenario(name: "options")
    var askers: [String: String] = [:]
    for (option, text) in options {
      let addition = try Scenario(option: option, text)
      let asker = "--\(option.rawValue) \(text)"
      for target in addition.onceOnly {
        if let first = askers.updateValue(asker, forKey: target) {
          throw ConfigurationError(file: asker, message: "\(target) is given already, by \(first)")
        }
      }
      scenario.add(addition)
    }
    if let seed { scenario.seed = seed }
    if let replications { scenario.replications = replications }
    self.init(scenario)
  }
}
