import ArgumentParser
import Experiments
import Fitting
import KernelModels
import Reporting
import ResultStore

/// `treeline calibrate kernels`: the kernel model fitted to measured times.
struct CalibrateKernels: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kernels", abstract: "Fit the model of attention kernels to measured times, and cross-validate it.",
    usage: "treeline calibrate [kernels] --data <folder> [--output <file>] [<options>]",
    discussion: """
      Reads attention-decode-kernels.csv and attention-prefill-kernels.csv from a folder, fits the parameters of each \
      kernel on each device, and predicts every row by fits that had not seen its shape family, every second length, and \
      each device from the other. A fit that does not converge is an error, and no profile is written.

      EXAMPLES
        treeline calibrate kernels --data ../shared/data --output profile.yaml
        treeline predict kernel --profile profile.yaml --device h100-sxm \\
          --software vllm --batch 64 --heads 32 --kv-heads 8 \\
          --head-dim 128 --tokens 8192
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
      for remark in files.flatMap(\.file.bad) { CommandFailure.warn("\(remark); the row is left out") }
      let database = try storage.open()
      let progress = SharedProgressBox()
      let calibration = try KernelCalibration(
        files.map(\.file), seed: seed, parallel: parallel, starting: { progress.start($0, of: "fits") },
        advancing: { progress.advance() })
      progress.finish()
      if let output {
        try OutputFile(option: "--output", path: output).write(
          KernelProfileText(calibration.profile, origin(files)).text)
      }
      let number = try database?.save(
        run: .ofCommand(kind: "calibrate", seed: seed), inputs: [],
        results: calibration.records(hashes: files.map(\.hash)))
      if json {
        try Output.write(JSONText.encode(CalibrationDocument(calibration, number: number)))
      } else {
        try Output.write(CalibrationReport(calibration).lines)
        try Output.write(storage.closingLines([number].compactMap { $0 }))
      }
    }
  }

  /// Where the profile comes from; the files are named by their hashes, since they are too large to store.
  private func origin(_ files: [LoadedFile<KernelDataFile>]) -> ProfileOrigin {
    ProfileOrigin(
      version: Version.text, source: source, license: license, seed: seed,
      files: files.map { ($0.name, $0.hash, $0.file.rowCounts) })
  }
}
