import Quantities
import Simulation
import TestSupport
import Testing

@testable import Reporting

@Suite struct PathFoldTests {
  /// The stretches of a fold in the order of time.
  private static func unfolded(_ fold: PathFold) -> [PathStep] {
    fold.blocks.flatMap { block in
      (0..<block.count).flatMap { turn in block.lines.map { $0.steps[turn] } }
    }
  }

  @Test("A fold holds every stretch once and in order, and its times add up to the step's", arguments: 0..<30)
  func whole(seed: Int) throws {
    var generator = SeededGenerator(seed: seed)
    let run = try TraceRuns.random(using: &generator)
    let steps = PathStep.steps(of: run.criticalPath(), in: run)
    let fold = PathFold(steps)
    #expect(Self.unfolded(fold).map(\.start) == steps.map(\.start))
    #expect(fold.blocks.allSatisfy { block in block.lines.allSatisfy { $0.steps.count == block.count } })
    for line in fold.blocks.flatMap(\.lines) { #expect(Set(line.steps.map(\.kind)).count == 1) }
    let total = fold.blocks.flatMap(\.lines).reduce(0) { $0 + $1.duration.seconds }
    #expect(abs(total - run.makespan.seconds) <= 1e-9 * run.makespan.seconds)
    // What every stretch went into is all of it.
    for step in steps {
      let parts = step.resources.values.reduce(0) { $0 + $1.seconds }
      #expect(abs(parts - step.duration.seconds) <= 2e-9 * run.makespan.seconds)
    }
    let full = PathFold(steps, isFull: true)
    #expect(full.blocks.count == steps.count)
    #expect(full.blocks.allSatisfy { $0.count == 1 && $0.lines.count == 1 })
  }

  @Test("The hops of a ring are one line with their number")
  func ring() throws {
    let run = try TraceRuns.ring()
    let steps = PathStep.steps(of: run.criticalPath(), in: run)
    let fold = PathFold(steps)
    let hops = try #require(
      fold.blocks.flatMap(\.lines).first { $0.steps.count == 3 && $0.steps[0].kind.action == nil })
    #expect(hops.steps.map(\.region) == ["step 0", "step 1", "step 2"])
    let text = PathTable(fold: fold, makespan: run.makespan).lines.joined(separator: "\n")
    #expect(text.contains("step 0 to step 2"))
  }
}
