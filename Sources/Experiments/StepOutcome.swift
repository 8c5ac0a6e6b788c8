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
  /// For each all-reduce whose algorithm was left to choose, what was compared.
  public var selections: [Selection]
  /// The simulated figures of one layer.
  public var figures: StepFigures
  /// The closed form of one layer.
  public var closedForm: ClosedForm
  /// Whether all layers fit the devices.
  public var fit: MemoryFit
  /// The number of layers.
  public var layers: Int

  /// "tree (3 all-reduces, ring)".
  public var label: String { "\(name) (\(options))" }

  /// The time of a token: the step of every layer, one after the other. Only attention is in it.
  public var tokenTime: Seconds { figures.makespan * Double(layers) }

  /// The relative difference of the simulated time from the closed form; zero when they agree.
  public var timeDifference: Double {
    closedForm.time > .zero ? figures.makespan / closedForm.time - 1 : 0
  }

  /// Whether bytes and peaks of every rank are those of the closed form: anything else is a bug.
  public var bytesAndMemoryAgree: Bool {
    figures.bytesSentByRank == closedForm.bytesSentByRank && figures.peakBytesByRank == closedForm.peakBytesByRank
  }
}
