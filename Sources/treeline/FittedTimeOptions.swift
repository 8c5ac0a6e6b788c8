import ArgumentParser
import Experiments
import KernelModels
import Quantities
import Topologies

/// What fitted models time: attention kernels instead of rooflines, and exchanges as NCCL runs them.
struct FittedTimeOptions: ParsableArguments {
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
      Set a closed form beside the simulation in which all-reduces, all-gathers and hops take what NCCL's do, by a \
      calibrated profile; nccl ships with Treeline ('treeline calibrate collectives').
      """, valueName: "profile"))
  var collectives: String?

  @Option(
    help: ArgumentHelp(
      """
      With --kernels or --collectives: how often fitted times are drawn from their intervals (default: \
      \(FittedTime.defaultReplications); 1 for none).
      """, valueName: "number"))
  var draws: Int?

  @Option(help: ArgumentHelp("With --kernels or --collectives: seed of these draws (default: 0).", valueName: "seed"))
  var drawSeed: UInt64?

  /// Whether any model is asked for.
  var isEmpty: Bool { kernels == nil && collectives == nil }

  /// Checks the options, and gives replications and seed.
  private func checked() throws -> (replications: Int, seed: UInt64) {
    if kernels == nil, software != nil {
      throw UsageError("--software needs --kernels: without a calibrated profile kernels are timed by rooflines")
    }
    for (option, isGiven) in [("--draws", draws != nil), ("--draw-seed", drawSeed != nil)] where isGiven && isEmpty {
      throw UsageError("\(option) needs --kernels or --collectives: without a fitted model nothing is drawn")
    }
    if let draws, !(1...FittedTime.mostReplications).contains(draws) {
      throw UsageError(
        "--draws: found \(draws), expected a whole number from 1 to \(FittedTime.mostReplications)")
    }
    return (draws ?? FittedTime.defaultReplications, drawSeed ?? 0)
  }

  /// What times the kernels of a cluster; nil for rooflines.
  func resolveKernels(_ library: InputLibrary, on topology: Topology) throws -> KernelTiming? {
    let (replications, seed) = try checked()
    guard let kernels else { return nil }
    guard let software else {
      let names = KernelSoftware.allCases.map(\.rawValue).joined(separator: " or ")
      throw UsageError("--kernels needs --software: \(names), whose kernels were measured")
    }
    return try KernelTiming(
      ResolvedKernelProfile(kernels, from: library),
      try CommaList.choice(
        software.lowercased(), option: "--software", noun: "software", among: KernelSoftware.allCases),
      on: topology, replications: replications, seed: seed)
  }

  /// What times exchanges as NCCL runs them; nil for nothing.
  func resolveCollectives(_ library: InputLibrary) throws -> CollectiveTiming? {
    let (replications, seed) = try checked()
    return try collectives.map {
      try CollectiveTiming($0, from: library, replications: replications, seed: seed)
    }
  }
}
