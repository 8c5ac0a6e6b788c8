import Fitting
import KernelModels

/// The predicted time of one kernel as JSON; times in seconds.
public struct PredictionDocument: Encodable {
  private struct Terms: Encodable {
    let total: Double
    let floor: Double
    let throughput: Double
    let chain: Double
    let memory: Double
    let boundBy: String
  }

  private let device: String
  private let kernel: String
  private let time: Double
  private let interval: [Double]
  private let coverage: Double
  private let provenance: String
  private let parametersOf: String
  private let tier: Int
  private let tierTwoFactor: Double
  private let ctas: Int
  private let splits: Int
  private let terms: Terms
  private let extrapolated: [String]

  /// Creates a document.
  public init(on device: KernelDevice, _ prediction: KernelPrediction) {
    self.device = device.name
    kernel = prediction.family.rawValue
    time = prediction.time.seconds
    interval = [prediction.low.seconds, prediction.high.seconds]
    coverage = ErrorInterval.coverage
    provenance = prediction.provenance.rawValue
    parametersOf = prediction.source
    tier = prediction.tier
    tierTwoFactor = prediction.residualFactor
    ctas = prediction.ctas
    splits = prediction.splits
    let parts = prediction.terms
    terms = Terms(
      total: parts.total.seconds, floor: parts.floor.seconds, throughput: parts.throughput.seconds,
      chain: parts.chain.seconds, memory: parts.memory.seconds, boundBy: parts.regime.rawValue)
    extrapolated = prediction.extrapolations
  }
}
