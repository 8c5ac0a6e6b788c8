import ArgumentParser

/// `treeline calibrate`: models fitted to measured times.
struct CalibrateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "calibrate",
    abstract: "Fit a model to measured times, and cross-validate it: of attention kernels, or of collectives.",
    discussion: """
      Without a subcommand, attention kernels.

      EXAMPLES
        treeline calibrate --data ../shared/data --output kernels.yaml
        treeline calibrate kernels --data ../shared/data --output kernels.yaml
        treeline calibrate collectives --data ../shared/data --output nccl.yaml
      """,
    subcommands: [CalibrateKernels.self, CalibrateCollectives.self], defaultSubcommand: CalibrateKernels.self)
}
