import Configuration
import TestSupport
import Testing

@testable import Scenarios

@Suite struct FuzzTests {
  @Test("Mutated scenarios are read or refused, never more", arguments: 0..<8)
  func files(seed: Int) throws {
    var generator = SeededGenerator(seed: seed)
    let topology = try Samples.topology()
    var (read, refused, met) = (0, 0, 0)
    for _ in 0..<300 {
      do {
        // Of a line at a time: of the whole, hardly any would be read.
        var lines = Samples.everything.split(separator: "\n").map(String.init)
        let place = Int.random(in: lines.indices, using: &generator)
        lines[place] = TextMutation.mutated(lines[place], &generator)
        let scenario = try Samples.read(lines.joined(separator: "\n"))
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
