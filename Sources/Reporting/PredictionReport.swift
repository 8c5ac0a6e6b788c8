import KernelModels
import Quantities

/// The predicted time of one kernel, with its parts, so that a reader sees why.
public struct PredictionReport {
  private let kernel: AttentionKernel
  private let device: KernelDevice
  private let prediction: KernelPrediction

  /// Creates a report.
  public init(_ kernel: AttentionKernel, on device: KernelDevice, _ prediction: KernelPrediction) {
    self.kernel = kernel
    self.device = device
    self.prediction = prediction
  }

  /// The report, line by line, at most 100 columns wide.
  public var lines: [String] {
    let terms = prediction.terms
    let window = kernel.window.map { ", window \($0)" } ?? ""
    var table = TextTable(columns: ["", ""])
    table.add(["time", prediction.time.description])
    table.add(["80 % interval", "\(prediction.low) to \(prediction.high)"])
    table.add(["provenance", prediction.provenance.rawValue + (prediction.isExtrapolated ? ", extrapolated" : "")])
    table.add(["parameters of", prediction.source])
    table.add(["kernel", prediction.family.rawValue])
    table.add(["CTAs of a split", "\(prediction.ctas)"])
    table.add(["splits of KV", "\(prediction.splits)"])
    table.addRule()
    table.add(["floor", terms.floor.description])
    table.add(["SM throughput", terms.throughput.description])
    table.add(["latency chain", terms.chain.description])
    table.add(["memory", terms.memory.description])
    table.add(["tier 1, all of them", terms.total.description])
    table.add([
      "tier 2, factor",
      prediction.tier == 2 ? NumberText.format(prediction.residualFactor, significantDigits: 4) : "none",
    ])
    table.add(["bound by", terms.regime.rawValue])
    let head =
      "\(kernel.phase.rawValue) on \(device.name): batch \(kernel.batch), \(kernel.queryHeads) query and "
      + "\(kernel.kvHeads) KV heads of \(kernel.headDim), \(TokenCount(kernel.contextTokens)) tokens\(window), "
      + "\(kernel.elementBytes) B an element"
    let reasons = prediction.extrapolations.flatMap { HangingText.lines("extrapolated: ", $0) }
    return TextTable.wrap(head, TextTable.widest) + [""] + table.lines + (reasons.isEmpty ? [] : [""] + reasons)
  }
}
