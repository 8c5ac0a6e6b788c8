/// What came of an experiment of a paper.
public enum PaperOutcome: Sendable {
  /// Of times of decoding.
  case decodeTimes(DecodeTimesOutcome)
  /// Of a figure of speed-ups.
  case speedUp(SpeedUpOutcome)
  /// Of peaks of memory.
  case peakMemory(PeakMemoryOutcome)
  /// Of what is sent.
  case volume(VolumeOutcome)
  /// Of local attention.
  case localAttention(LocalAttentionOutcome)

  /// The goal and how far the worst figure is from the published one, in units of it; nil where there is no goal.
  public var goal: (goal: ReproductionGoal, worst: Double)? {
    switch self {
    case .decodeTimes(let outcome): outcome.excesses.max().map { (outcome.experiment.goal, $0) }
    case .peakMemory(let outcome): outcome.excesses.max().map { (outcome.experiment.goal, $0) }
    case .volume(let outcome): outcome.excesses.max().map { (outcome.experiment.goal, $0) }
    case .speedUp, .localAttention: nil
    }
  }
}

extension PaperExperiment {
  /// Runs the experiment.
  ///
  /// - Parameter parallel: The threads that simulate; the outcome does not depend on how many there are.
  /// - Throws: ``HopFitError`` when a fit does not settle; what a simulation throws.
  public func run(on parallel: Parallel) throws -> PaperOutcome {
    switch subject {
    case .decodeTimes(let subject): .decodeTimes(try subject.run(on: parallel))
    case .speedUp(let subject): .speedUp(try subject.run(on: parallel))
    case .peakMemory(let subject): .peakMemory(try subject.run(on: parallel))
    case .volume(let subject): .volume(try subject.run(on: parallel))
    case .localAttention(let subject): .localAttention(try subject.run())
    }
  }
}
