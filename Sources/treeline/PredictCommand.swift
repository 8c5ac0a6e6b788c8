import ArgumentParser

/// `treeline predict`: times by calibrated models.
struct PredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Predict the time of an attention kernel or of a collective from a calibrated profile, and say why.",
    discussion: """
      Without a subcommand, an attention kernel.

      EXAMPLES
        treeline predict kernel --device h100-sxm --software vllm \\
          --batch 64 --heads 32 --kv-heads 8 --head-dim 128 --tokens 8192
        treeline predict collective --topology dgx-h100-2 --bytes 128KiB,1GiB
      """,
    subcommands: [PredictKernel.self, PredictCollective.self], defaultSubcommand: PredictKernel.self)
}
