import CollectiveModels
import Quantities

/// The predicted times of a collective at some sizes, with what says how far to trust them.
public struct CollectivePredictionReport {
  private let machine: CollectiveMachine
  private let predictions: [CollectivePrediction]

  /// Creates a report.
  ///
  /// - Parameters:
  ///   - machine: The machine.
  ///   - predictions: The predictions, one a size, all of one collective.
  public init(_ machine: CollectiveMachine, _ predictions: [CollectivePrediction]) {
    self.machine = machine
    self.predictions = predictions
  }

  /// The report, line by line, at most 100 columns wide.
  public var lines: [String] {
    var table = TextTable(columns: [
      "bytes", "choice", "time", "80 % interval", "algbw", "busbw", "tier", "NCCL's own", "",
    ])
    for prediction in predictions {
      table.add([
        BinarySize.text(prediction.call.bytes), prediction.choice.title, prediction.time.description,
        "\(prediction.low) to \(prediction.high)", Self.rate(prediction.algorithmBandwidth),
        Self.rate(prediction.busBandwidth(machine)), "\(prediction.tier)",
        prediction.choice.algorithm == .pointToPoint ? "none" : prediction.choice.estimate.description,
        prediction.isExtrapolated ? "extrapolated" : "",
      ])
    }
    return TextTable.wrap(head, TextTable.widest) + [""] + table.lines + steps + reasons + others
  }

  /// Where NCCL chooses otherwise from one size to the next, which may make the time step.
  private var steps: [String] {
    let sorted = predictions.sorted { $0.call.bytes < $1.call.bytes }
    let changes = zip(sorted, sorted.dropFirst()).filter { $0.choice.title != $1.choice.title }
    guard !changes.isEmpty else { return [] }
    let places = changes.map { "\(BinarySize.text($0.call.bytes)) and \(BinarySize.text($1.call.bytes))" }
    return [""]
      + HangingText.lines(
        "choice changes: ", "between \(places.joined(separator: "; ")); the time may step there")
  }

  private static func rate(_ rate: BytesPerSecond) -> String {
    NumberText.format(rate.baseUnits / 1e9, significantDigits: 3)
  }

  private var head: String {
    let name = predictions.first?.call.collective.rawValue ?? ""
    let type = predictions.first?.call.isByteIntegers == true ? " of int8" : ""
    let network =
      machine.network.map { ", \($0.nics) x \(Int(($0.nicRate.baseUnits * 8e-9).rounded())) Gb/s \($0.kind.rawValue)" }
      ?? ""
    return "\(name)\(type) on \(machine.gpus) x \(machine.gpu) in \(machine.nodes) "
      + "\(machine.nodes == 1 ? "node" : "nodes") (\(machine.node.rawValue)\(network)), fitted; bandwidths in GB/s"
  }

  /// Each reason once, with the sizes that it holds for.
  private var reasons: [String] {
    var order: [String] = []
    var sizes: [String: [String]] = [:]
    for prediction in predictions {
      for reason in prediction.extrapolations {
        if sizes[reason] == nil { order.append(reason) }
        sizes[reason, default: []].append(BinarySize.text(prediction.call.bytes))
      }
    }
    let sources = predictions.compactMap(\.source).reduce(into: [String]()) { list, source in
      if !list.contains(source) { list.append(source) }
    }
    let lines =
      sources.flatMap { HangingText.lines("tier 2 from: ", $0) }
      + order.flatMap { reason in
        let part = sizes[reason] ?? []
        let which = part.count == predictions.count ? "" : " (at \(part.joined(separator: ", ")))"
        return HangingText.lines("extrapolated: ", reason + which)
      }
    return lines.isEmpty ? [] : [""] + lines
  }

  /// What serving engines have beside NCCL.
  private var others: [String] {
    guard predictions.first?.call.collective == .allReduce else { return [] }
    var table = TextTable(columns: ["bytes"] + CustomAllReduce.allCases.map(\.rawValue) + ["vLLM's choice"])
    for prediction in predictions where prediction.call.bytes <= CustomAllReduce.mostBytes {
      let times = CustomAllReduce.allCases.map { $0.time(prediction.call.bytes, on: machine)?.description ?? "" }
      guard times.contains(where: { !$0.isEmpty }) else { return [] }
      table.add(
        [BinarySize.text(prediction.call.bytes)] + times
          + [CustomAllReduce.choice(prediction.call.bytes, on: machine).rawValue])
    }
    let isEmpty = !predictions.contains { $0.call.bytes <= CustomAllReduce.mostBytes }
    return isEmpty
      ? [] : ["", "Custom all-reduces of serving engines, assumed and not fitted:", ""] + table.lines
  }
}

/// Sizes as nccl-tests' users say them.
enum BinarySize {
  static func text(_ bytes: Bytes) -> String {
    for (shift, unit) in [(30, "GiB"), (20, "MiB"), (10, "KiB")] {
      let count = bytes.count
      if count >= 1 << shift, count & ((1 << shift) - 1) == 0 { return "\(count >> shift) \(unit)" }
    }
    return bytes.description
  }
}
