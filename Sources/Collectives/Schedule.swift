/// The steps of one phase of a collective on a topology, alike steps counted and not repeated.
struct Schedule {
  /// Some steps that are alike.
  struct Step {
    /// What their messages pay.
    var profile: StepProfile
    /// Each message carries ⌈n / divisor⌉ of n units.
    var divisor: Int
    /// How many steps there are.
    var repeats: Int
    /// How many slices a receiver combines, one after another.
    var reductions: Int
    /// Whether, of fewer units than chunks, only some of the messages carry anything.
    var thins: Bool
    /// Whether every sender then posts only some of its messages, as to those of its peers whose chunks are not empty.
    var thinsPosts = false
  }

  var steps: [Step] = []

  /// The cost for n units.
  ///
  /// - Parameters:
  ///   - units: The units that each member has, n.
  ///   - bytesPerUnit: The size of one.
  ///   - presence: The share of the groups that have any units.
  func cost(units: Int, bytesPerUnit: Double, presence: Double = 1) -> CollectiveCost {
    guard units > 0 else { return .zero }
    return steps.reduce(.zero) { sum, step in
      let share = Double(Chunks(of: units, count: step.divisor).largest)
      let filled = step.thins ? min(1, Double(units) / Double(step.divisor)) : 1
      let cost = step.profile.cost(
        bytes: share * bytesPerUnit, presence: presence * filled, posted: step.thinsPosts ? filled : 1,
        reductions: Double(step.reductions))
      let repeated = cost * Double(step.repeats)
      guard step.repeats > 1, filled < 1 else { return sum + repeated }
      // With fewer chunks than ranks the slowest link of a ring rests between them; what is left is the longer of its
      // own work and of one chunk's way around.
      let busy = repeated * filled
      let around =
        step.profile.meanCost(bytes: share * bytesPerUnit, reductions: Double(step.reductions)) * Double(step.repeats)
      return sum + (busy.total < around.total ? around : busy)
    }
  }

  /// One phase after another.
  static func + (left: Schedule, right: Schedule) -> Schedule {
    Schedule(steps: left.steps + right.steps)
  }

  /// The same steps without their reductions.
  var withoutReductions: Schedule {
    Schedule(
      steps: steps.map { step in
        var step = step
        step.reductions = 0
        step.thinsPosts = false
        return step
      })
  }
}
