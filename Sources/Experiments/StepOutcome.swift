import Attention
import Collectives
import Quantities
import Simulation

/// What one algorithm came to: simulated figures, the closed form beside them, and whether it fits the devices.
public struct StepOutcome: Sendable {
  /// What was asked for.
  public var choice: AlgorithmChoice
  /// The name of the algorithm.
  public var name: String
  /// Its options in words.
  public var options: String
  /// For each all-reduce whose algorithm was left to choose, what it is and what was compared.
  public var selections: [(name: String, selection: Selection)]
  /// The simulated figures of one layer; under a scenario those of the replication with the median time.
  public var figures: StepFigures
  /// What the scenario made of the step; nil without one.
  public var scenario: ScenarioOutcome?
  /// What a calibrated kernel model made of the step; nil where kernels are timed by rooflines.
  public var kernels: KernelTimingOutcome?
  /// The step with its exchanges as NCCL runs them; nil where that was not asked for, or nothing is exchanged.
  public var collectives: CollectiveTimingOutcome?
  /// The closed form of one layer, always of the cluster without a scenario.
  public var closedForm: ClosedForm
  /// Whether all layers fit the devices.
  public var fit: MemoryFit
  /// The number of layers.
  public var layers: Int
  /// Whether the step makes one token of each sequence.
  public var isDecode: Bool

  /// The step of every layer, one after the other: of a decode step the time of a token. Only attention is in it.
  public var allLayersTime: Seconds { figures.makespan * Double(layers) }

  /// The relative difference of the simulated time from the closed form; zero when they agree.
  public var timeDifference: Double {
    closedForm.time > .zero ? figures.makespan / closedForm.time - 1 : 0
  }

  /// Whether bytes and peaks of every rank are those of the closed form: anything else is a bug. A scenario moves no
  /// bytes from one rank to another, but may move a peak, so peaks are those of the step without it.
  public var bytesAndMemoryAgree: Bool {
    figures.bytesSentByRank == closedForm.bytesSentByRank
      && (scenario?.clean ?? figures).peakBytesByRank == closedForm.peakBytesByRank
  }
}
