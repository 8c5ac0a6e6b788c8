import ArgumentParser
import Devices
import Experiments
import Foundation
import KernelModels
import Quantities
import Reporting

/// `treeline predict kernel`: the time of one attention kernel by a calibrated model.
struct PredictKernel: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kernel", abstract: "Predict the time of one attention kernel from a calibrated profile, and say why.",
    usage: "treeline predict [kernel] --device <device> --software <software> <shape> [<options>]",
    discussion: """
      A device that was measured is predicted by its own parameters; any other by its data sheet and the parameters of the \
      nearest measured device, with a wide interval.

      EXAMPLES
        treeline predict kernel --device h100-sxm --software vllm \\
          --batch 64 --heads 32 --kv-heads 8 --head-dim 128 --tokens 8192
        treeline predict kernel --device l40s --software vllm --prefill \\
          --heads 32 --kv-heads 8 --head-dim 128 --tokens 4096
      """)

  @Option(help: "A calibrated profile by name or path; a100-h100 ships with Treeline.")
  var profile: String = "a100-h100"

  @Option(help: "The device: A100, H100, or the name or path of a device profile.")
  var device: String

  @Option(help: "The compute capability, such as 8.9, where the device profile has none.")
  var capability: Double?

  @Option(help: "Dense bf16 operations of a multiprocessor in a cycle, where the device profile says none.")
  var flopsPerCycle: Double?

  @Option(help: "The software whose kernels run: trtllm or vllm.")
  var software: String

  @Option(name: .shortAndLong, help: "Sequences in the batch.")
  var batch: Int = 1

  @Option(help: "Query heads.")
  var heads: Int

  @Option(help: "KV heads (default: as many as query heads).")
  var kvHeads: Int?

  @Option(help: "Head dim.")
  var headDim: Int

  @Option(help: "The last tokens that a query sees (default: all).")
  var window: Int?

  @Option(name: .shortAndLong, help: "Tokens of each sequence: 8192, 128k (k = 1000), 128Ki.")
  var tokens: String

  @Flag(help: "A causal prefill of all tokens, instead of a decode step.")
  var prefill: Bool = false

  @Option(help: "Bytes of an element of K and V: 1 or 2.")
  var elementBytes: Int = 2

  @Flag(help: "Print JSON.")
  var json: Bool = false

  func run() throws {
    try CommandFailure.handling {
      let kernel = try kernel()
      let names = KernelSoftware.allCases.map(\.rawValue)
      guard let software = KernelSoftware(rawValue: software.lowercased()) else {
        throw UsageError(
          "--software: found '\(software)', expected one of \(names.joined(separator: ", "))"
            + NearestName.suggestion(for: software, among: names))
      }
      let calibrated = try KernelProfile(document: Environment.library.calibrations.load(profile))
      let device = try resolveDevice()
      let prediction = try calibrated.predict(kernel, software, on: device)
      if json {
        try Output.write(JSONText.encode(PredictionDocument(on: device, prediction)))
      } else {
        try Output.write(PredictionReport(kernel, on: device, prediction).lines)
      }
    }
  }

  private func kernel() throws -> AttentionKernel {
    let count: TokenCount
    do {
      count = try TokenCount(parsing: tokens)
    } catch {
      throw UsageError("--tokens: \(error)")
    }
    return try AttentionKernel(
      phase: prefill ? .prefill : .decode, batch: batch, queryHeads: heads, kvHeads: kvHeads ?? heads,
      headDim: headDim, window: window, queryTokens: prefill ? count.count : 1, contextTokens: count.count,
      elementBytes: elementBytes)
  }

  private func resolveDevice() throws -> KernelDevice {
    if let measured = KernelDevice.named(device) {
      guard capability == nil, flopsPerCycle == nil else {
        throw UsageError("--capability and --flops-per-cycle are of device profiles; \(device) was measured")
      }
      return measured
    }
    var profile = try DeviceProfile(document: Environment.library.devices.load(device))
    if let capability {
      guard (7...99).contains(capability) else {
        throw UsageError("--capability: found \(capability), expected a number from 7 to 99, such as 8.9")
      }
      profile.computeCapability = Int((capability * 10).rounded())
    }
    if let flopsPerCycle { profile.tensorFLOPsPerCycle = flopsPerCycle }
    guard profile.computeCapability != nil, profile.tensorFLOPsPerCycle != nil else {
      throw UsageError(
        "--device: the profile \(profile.name) has no compute-capability or no tensor-flops-per-cycle; "
          + "the kernel model is of CUDA devices, whose --capability and --flops-per-cycle say these")
    }
    return try KernelDevice(profile)
  }
}
