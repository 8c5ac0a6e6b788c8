import CollectiveModels
import Fitting
import Quantities

/// The predicted times of a collective at some sizes as JSON; times in seconds, bandwidths in bytes a second.
public struct CollectivePredictionDocument: Encodable {
  private struct Machine: Encodable {
    let gpu: String
    let gpus: Int
    let nodes: Int
    let nodeClass: String
    let width: Double
    let network: String?
    let nics: Int?
    let nicRate: Double?
  }

  private struct Prediction: Encodable {
    let bytes: Int64
    let algorithm: String
    let `protocol`: String?
    let isNCCLsChoice: Bool
    let time: Double
    let interval: [Double]
    let intervalOf: String
    let algorithmBandwidth: Double
    let busBandwidth: Double
    let tier: Int
    let tierTwoFactor: Double
    let tierTwoFrom: String?
    let ncclEstimate: Double?
    let parts: [String: Double]
    let extrapolated: [String]
    let custom: [String: Double]
    let provenance: String
  }

  private let collective: String
  private let coverage: Double
  private let machine: Machine
  private let predictions: [Prediction]
  private let customProvenance: String

  /// Creates a document.
  public init(_ machine: CollectiveMachine, _ predictions: [CollectivePrediction]) {
    collective = predictions.first?.call.collective.rawValue ?? ""
    coverage = ErrorInterval.coverage
    customProvenance = Provenance.assumed.rawValue
    self.machine = Machine(
      gpu: machine.gpu, gpus: machine.gpus, nodes: machine.nodes, nodeClass: machine.node.rawValue,
      width: machine.width.baseUnits, network: machine.network?.kind.rawValue, nics: machine.network?.nics,
      nicRate: machine.network?.nicRate.baseUnits)
    self.predictions = predictions.map { prediction in
      let isPairs = prediction.choice.algorithm == .pointToPoint
      var custom: [String: Double] = [:]
      if prediction.call.collective == .allReduce, prediction.call.bytes <= CustomAllReduce.mostBytes {
        for kind in CustomAllReduce.allCases {
          custom[kind.rawValue] = kind.time(prediction.call.bytes, on: machine)?.seconds
        }
      }
      return Prediction(
        bytes: prediction.call.bytes.count, algorithm: prediction.choice.algorithm.rawValue,
        protocol: isPairs ? nil : prediction.choice.form.rawValue, isNCCLsChoice: prediction.isNCCLsChoice,
        time: prediction.time.seconds, interval: [prediction.low.seconds, prediction.high.seconds],
        intervalOf: prediction.cell.rawValue, algorithmBandwidth: prediction.algorithmBandwidth.baseUnits,
        busBandwidth: prediction.busBandwidth(machine).baseUnits, tier: prediction.tier,
        tierTwoFactor: prediction.residualFactor, tierTwoFrom: prediction.source,
        ncclEstimate: isPairs ? nil : prediction.choice.estimate.seconds,
        parts: Dictionary(uniqueKeysWithValues: prediction.parts.map { ($0.name, $0.time.seconds) }),
        extrapolated: prediction.extrapolations, custom: custom, provenance: prediction.provenance.rawValue)
    }
  }
}
