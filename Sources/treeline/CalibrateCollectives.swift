import ArgumentParser
import CollectiveModels
import Experiments
import Fitting
import Reporting
import ResultStore

/// `treeline calibrate collectives`: the model of NCCL's collectives fitted to measured times.
struct CalibrateCollectives: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "collectives",
    abstract: "Fit the model of NCCL's collectives to measured times, and cross-validate it.",
    usage: "treeline calibrate collectives --data <folder> [--output <file>] [<options>]",
    discussion: """
      Reads collectives-one-node.csv and collectives-multi-node.csv from a folder, fits what NCCL's own tuner has wrong, \
      and predicts rows by fits that had not seen them: every fifth size, the most GPUs from the fewest, a GPU, each log, \
      and all logs of a network or node. A fit that does not converge is an error, and no profile is written.

      EXAMPLES
        treeline calibrate collectives --data ../shared/data --output nccl.yaml
        treeline predict collective --profile nccl.yaml --topology dgx-h100-1 \\
          --bytes 1MiB
      """)

  @Option(help: "The folder with the measured times.")
  var data: String

  @Option(name: .shortAndLong, help: "The profile to write.")
  var output: String?

  @Option(help: "Where the measurements come from, for the profile.")
  var source: String = "ai-dynamo/aiconfigurator @095f58a51c4c (one node); public nccl-tests and rccl-tests logs"

  @Option(help: "The licence of the measurements, for the profile.")
  var license: String = "Apache-2.0 (one node); that of each log's repository"

  @Option(help: "Seed of the draw of rows that are left out.")
  var seed: UInt64 = 0

  @OptionGroup var jobs: JobOptions

  @OptionGroup var storage: StorageOptions

  @Flag(help: "Print JSON.")
  var json: Bool = false

  func run() throws {
    try CommandFailure.handling {
      let parallel = Parallel(jobs: try jobs.count())
      let files = try CollectiveDataFolder(data).read()
      for remark in files.flatMap(\.file.bad) { CommandFailure.warn("\(remark); the row is left out") }
      let database = try storage.open()
      let progress = SharedProgressBox()
      let calibration = try CollectiveCalibration(
        files.map(\.file), seed: seed, parallel: parallel, starting: { progress.start($0, of: "fits") },
        advancing: { progress.advance() })
      progress.finish()
      if let output {
        try OutputFile(option: "--output", path: output).write(
          CollectiveProfileText(calibration.profile, origin(files)).text)
      }
      let number = try database?.save(
        run: .ofCommand(kind: "calibrate", seed: seed), inputs: [],
        results: calibration.records(hashes: files.map(\.hash)))
      if json {
        try Output.write(JSONText.encode(CollectiveCalibrationDocument(calibration, number: number)))
      } else {
        try Output.write(CollectiveCalibrationReport(calibration).lines)
        try Output.write(storage.closingLines([number].compactMap { $0 }))
      }
    }
  }

  /// Where the profile comes from; the files are named by their hashes, since they are too large to store.
  private func origin(_ files: [LoadedFile<CollectiveDataFile>]) -> ProfileOrigin {
    ProfileOrigin(
      version: Version.text, source: source, license: license, seed: seed,
      files: files.map { ($0.name, $0.hash, $0.file.rowCounts) })
  }
}
