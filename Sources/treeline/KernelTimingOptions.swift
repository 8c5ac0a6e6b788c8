import ArgumentParser
import Experiments
import KernelModels
import Quantities
import Topologies

/// How attention kernels are timed: by rooflines, or by a calibrated kernel model.
struct KernelTimingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Time attention kernels by a calibrated profile, by name or path, instead of rooflines; a100-h100 ships with \
      Treeline ('treeline calibrate' makes others).
      """, valueName: "profile"))
  var kernels: String?

  @Option(help: ArgumentHelp("With --kernels: the software whose kernels run, trtllm or vllm.", valueName: "name"))
  var software: String?

  @Option(
    help: ArgumentHelp(
      """
      With --kernels: how often kernel times are drawn from their intervals (default: \(KernelTiming.defaultReplications); \
      1 for none).
      """, valueName: "number"))
  var kernelReplications: Int?

  @Option(help: ArgumentHelp("With --kernels: seed of these draws (default: 0).", valueName: "seed"))
  var kernelSeed: UInt64?

  /// What the options ask for; nil for rooflines.
  func settings() throws -> StepSettings.Kernels? {
    guard kernels != nil else {
      for (option, isGiven) in [
        ("--software", software != nil), ("--kernel-replications", kernelReplications != nil),
        ("--kernel-seed", kernelSeed != nil),
      ] where isGiven {
        throw UsageError("\(option) needs --kernels: without a calibrated profile kernels are timed by rooflines")
      }
      return nil
    }
    guard let software else {
      let names = KernelSoftware.allCases.map(\.rawValue).joined(separator: " or ")
      throw UsageError("--kernels needs --software: \(names), whose kernels were measured")
    }
    if let kernelReplications, !(1...KernelTiming.mostReplications).contains(kernelReplications) {
      throw UsageError(
        "--kernel-replications: found \(kernelReplications), expected a whole number from 1 to "
          + "\(KernelTiming.mostReplications)")
    }
    return StepSettings.Kernels(
      software: try CommaList.choice(
        software.lowercased(), option: "--software", noun: "software", among: KernelSoftware.allCases),
      replications: kernelReplications ?? KernelTiming.defaultReplications, seed: kernelSeed ?? 0)
  }

  /// What times the kernels of a cluster; nil for rooflines.
  func resolve(_ library: InputLibrary, on topology: Topology) throws -> KernelTiming? {
    guard let settings = try settings(), let kernels else { return nil }
    return try KernelTiming(
      ResolvedKernelProfile(kernels, from: library), settings.software, on: topology,
      replications: settings.replications, seed: settings.seed)
  }
}
