import ArgumentParser

/// `treeline measure`: what a GPU is and how fast it is.
struct MeasureCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "measure",
    abstract: "Measure a GPU: its kernels are compiled for it, checked against the CPU, then timed.",
    discussion: """
      The CUDA driver, NVRTC and NVML are opened when they are needed; nothing is linked. What is missing ends in exit \
      code 69 and says where it was looked for and how to install it.

      EXAMPLES
        treeline measure device --export machine
        treeline measure kernel --parts launch,memory
        treeline measure link
        treeline measure collective --collectives all-reduce
        treeline measure attention --model llama-3.1-8b --tokens 128k
        treeline measure compile
        treeline measure compile --arch sm_80,sm_90a --json
      """,
    subcommands: [
      MeasureDevice.self, MeasureKernel.self, MeasureLink.self, MeasureCollective.self, MeasureAttention.self,
      MeasureCompile.self,
    ])
}
