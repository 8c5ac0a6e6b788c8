import Configuration
import TestSupport
import Testing

@testable import Scenarios

@Suite struct FuzzTests {
  /// The scenario of every field with a broken line: of all of it broken, hardly any would be read.
  private static func withBrokenLine(_ generator: inout SeededGenerator) -> String {
    var lines = Samples.everything.split(separator: "\n").map(String.init)
    let place = Int.random(in: lines.indices, using: &generator)
    lines[place] = TextMutation.mutated(lines[place], &generator)
    return lines.joined(separator: "\n")
  }

  /// The scenario of every field with a word in the place of another, which the syntax mostly survives.
  private static func withOtherWord(_ generator: inout SeededGenerator) -> String {
    let words = Samples.everything.ranges(of: /[A-Za-z0-9.%-]+/)
    guard let one = words.randomElement(using: &generator), let other = words.randomElement(using: &generator) else {
      return ""
    }
    var text = Samples.everything
    text.replaceSubrange(one, with: String(text[other]))
    return text
  }

  @Test("Mutated scenarios are read or refused, never more", arguments: 0..<8)
  func files(seed: Int) throws {
    var generator = SeededGenerator(seed: seed)
    let topology = try Samples.topology()
    var (read, refused, met) = (0, 0, 0)
    for round in 0..<160 {
      do {
        let text = round.isMultiple(of: 2) ? Self.withOtherWord(&generator) : Self.withBrokenLine(&generator)
        let scenario = try Samples.read(text)
        read += 1
        #expect(try Samples.read(scenario.text).text == scenario.text)
        let conditions = try scenario.conditions(for: topology, ranks: 8, replication: 0)
        met += 1
        #expect(conditions.slowdowns.allSatisfy { $0 >= 1 && $0.isFinite })
        #expect(conditions.startDelays.allSatisfy { $0.seconds >= 0 && $0.seconds.isFinite })
        #expect(conditions.linkFactors.allSatisfy { $0 > 0 && $0 <= 1 })
        #expect(conditions.linkChanges.allSatisfy { $0.factor >= 0 && $0.factor <= 1 && $0.time.seconds >= 0 })
      } catch let error as ConfigurationError {
        refused += 1
        #expect(error.file == "scenario.yaml")
      } catch is ScenarioError {
        refused += 1
      }
    }
    // Mutations that all fail, or never do, test nothing.
    #expect(read > 10 && refused > 5 && met > 5, "\(read) \(refused) \(met)")
  }

  @Test("Mutated options are read or refused in the name of the option", arguments: ScenarioOption.allCases)
  func options(option: ScenarioOption) throws {
    var generator = SeededGenerator(seed: option.rawValue.utf8.count)
    let examples = OptionTests.options.filter { $0.0 == option }.map(\.1)
    for _ in 0..<200 {
      let text = TextMutation.mutated(examples.randomElement(using: &generator) ?? "", &generator)
      do {
        let scenario = try Scenario(option: option, text)
        #expect(try Samples.read(scenario.text).text == scenario.text)
      } catch let error as ConfigurationError {
        #expect(error.file.hasPrefix("--\(option.rawValue)"))
      }
    }
  }
}
