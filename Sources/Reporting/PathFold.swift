import Quantities
import Simulation

/// A long critical path made short: runs of like stretches, and of like sequences of stretches, told once.
struct PathFold: Sendable {
  /// One line of the short path: stretches that are alike, in the order of time.
  struct Line: Sendable {
    /// The stretches; one when nothing was folded.
    var steps: [PathStep]

    /// The time of all.
    var duration: Seconds { steps.reduce(.zero) { $0 + $1.duration } }
  }

  /// Lines that repeat together: each holds as many stretches as the sequence of lines occurs.
  struct Block: Sendable {
    /// The lines in the order of time.
    var lines: [Line]
    /// How often the sequence occurs.
    var count: Int
  }

  /// The blocks in the order of time.
  let blocks: [Block]

  /// The longest sequence that is looked for.
  private static let longest = 12

  /// Folds a path.
  ///
  /// - Parameters:
  ///   - steps: The stretches.
  ///   - isFull: Whether every stretch is left as it is.
  init(_ steps: [PathStep], isFull: Bool = false) {
    var blocks: [Block] = []
    var place = 0
    while place < steps.count {
      var (period, count) = (1, 1)
      for candidate in 1...Self.longest where !isFull && place + 2 * candidate <= steps.count {
        let repeats = Self.repeats(of: steps, from: place, period: candidate)
        // The sequence that takes in the most; of equals the shortest. One that repeats once must be worth a line.
        if repeats > 1, repeats * candidate > (count > 1 ? period * count : 1) {
          (period, count) = (candidate, repeats)
        }
      }
      let lines = (0..<period).map { line in
        Line(steps: (0..<count).map { steps[place + $0 * period + line] })
      }
      blocks.append(Block(lines: lines, count: count))
      place += period * count
    }
    self.blocks = blocks
  }

  /// How often the stretches from a place on repeat with a period, at least once.
  private static func repeats(of steps: [PathStep], from place: Int, period: Int) -> Int {
    var end = place + period
    while end < steps.count, steps[end].kind == steps[end - period].kind { end += 1 }
    return (end - place) / period
  }
}
