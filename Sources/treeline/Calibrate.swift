import ArgumentParser
import Experiments
import Foundation
import KernelModels
import Reporting
import ResultStore

/// `treeline calibrate`: the kernel model fitted to measured times.
struct Calibrate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Fit the model of attention kernels to measured times, and cross-validate it.",
    discussion: """
      Reads attention-decode-kernels.csv and attention-prefill-kernels.csv from a folder, fits the parameters of each \
      kernel on each device, and predicts every row by fits that had not seen its shape family, every second length, and \
      each device from the other. A fit that does not converge is an error, and no profile is written.

      EXAMPLES
        treeline calibrate --data ../shared/data --output profile.yaml
        treeline predict --profile profile.yaml --device h100-sxm --software vllm \\
          --batch 64 --heads 32 --kv-heads 8 --head-dim 128 --tokens 8192
      """)

  @Option(help: "The folder with the measured times.")
  var data: String

  @Option(name: .shortAndLong, help: "The profile to write.")
  var output: String?

  @Option(help: "Where the measurements come from, for the profile.")
  var source: String = "ai-dynamo/aiconfigurator @095f58a51c4c"

  @Option(help: "The licence of the measurements, for the profile.")
  var license: String = "Apache-2.0"

  @Option(help: "Seed of the draw of folds and rows.")
  var seed: UInt64 = 0

  @OptionGroup var jobs: JobOptions

  @OptionGroup var storage: StorageOptions

  @Flag(help: "Print JSON.")
  var json: Bool = false

  func run() throws {
    try CommandFailure.handling {
      let parallel = Parallel(jobs: try jobs.count())
      let files = try KernelDataFolder(data).read()
      for file in files { Self.list(file) }
      let database = try storage.open()
      let progress = SharedProgressBox()
      let calibration = try KernelCalibration(
        files.map(\.file), seed: seed, parallel: parallel, starting: { progress.start($0, of: "fits") },
        advancing: { progress.advance() })
      progress.finish()
      _ = database
      try Output.write(CalibrationReport(calibration).lines)
    }
  }

  private static func list(_ file: KernelDataFolder.Loaded) {
    for remark in file.file.bad { CommandFailure.warn("\(remark); the row is left out") }
  }
}
