import ArgumentParser
import Experiments
import Foundation
import KernelModels
import Reporting
import ResultStore

/// `treeline validate`: predictions beside measurements.
struct Validate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate",
    abstract: "Set predictions beside measurements: errors, bias, intervals, goals, and the worst rows.",
    usage: "treeline validate (--data <folder> | --imported | --from-run <number>) [<options>]",
    discussion: """
      Predicts every measured time of attention kernels by fits that had not seen its shape family, every second length, \
      and each device; with --data, those of collectives too, by fits without every fifth size, the most ranks and each \
      log. It says which goals are met. With --profile, a profile predicts the rows too: those of a device \
      that it was fitted to are called "in the fit", others "unseen". All of it is stored, and --page makes a page with \
      pictures from what is stored: of this run, or of an earlier one without any data.

      EXAMPLES
        treeline validate --data ../shared/data
        treeline validate --data ../shared/data --profile a100-h100 --profile-only
        treeline validate --imported --database measurements.sqlite
        treeline validate --from-run 3 --page Experiments/validation/README.md
      """)

  @Option(help: "The folder with the measured times.")
  var data: String?

  @Flag(help: "Take the latest imported times from the database.")
  var imported: Bool = false

  @Option(help: ArgumentHelp("Read a stored validation instead of making one.", valueName: "number"))
  var fromRun: Int64?

  @Option(help: "A profile that predicts the rows as well.")
  var profile: String?

  @Flag(help: "Only ask the profile, and fit nothing.")
  var profileOnly: Bool = false

  @Option(help: ArgumentHelp("Write a page in Markdown, with pictures beside it.", valueName: "file"))
  var page: String?

  @Option(help: "Seed of the draw of folds, rows and points.")
  var seed: UInt64 = 0

  @OptionGroup var jobs: JobOptions

  @OptionGroup var storage: StorageOptions

  @Flag(help: "Print JSON.")
  var json: Bool = false

  func run() throws {
    try CommandFailure.handling {
      guard [data != nil, imported, fromRun != nil].count(where: { $0 }) == 1 else {
        throw UsageError("expected one of --data, --imported and --from-run")
      }
      guard !profileOnly || profile != nil else { throw UsageError("--profile-only: expected --profile, to ask it") }
      guard page == nil || !storage.skipsStore else {
        throw UsageError("--page is made from what is stored; --no-store stores nothing")
      }
      if let fromRun {
        return try show(try DatabasePath.open(storage.database, mode: .readOnly), fromRun, isNew: false)
      }
      let parallel = Parallel(jobs: try jobs.count())
      let files = try loaded()
      for remark in files.flatMap(\.file.bad) { CommandFailure.warn("\(remark); the row is left out") }
      let calibrated = try profile.map { try KernelProfile(document: Environment.library.calibrations.load($0)) }
      let database = try storage.open()
      let sets = try sets(files, calibrated, parallel)
      guard !sets.isEmpty else { throw MissingData(description: "found no row that can be predicted") }
      guard let database else { return try write(sets, number: nil) }
      let number = try database.save(
        run: .ofCommand(kind: "validate", seed: seed), inputs: [], results: sets.map(\.record))
      try show(database, number, isNew: true)
    }
  }

  private func loaded() throws -> [LoadedFile<KernelDataFile>] {
    if let data { return try KernelDataFolder(data).read() }
    return try ImportedKernels(database: try DatabasePath.open(storage.database, mode: .readOnly)).read()
  }

  private func sets(_ files: [LoadedFile<KernelDataFile>], _ calibrated: KernelProfile?, _ parallel: Parallel) throws
    -> [ValidationSet]
  {
    let sources = files.map { "\($0.name), SHA-256 \($0.hash)" }
    var sets: [ValidationSet] = []
    if !profileOnly {
      let progress = SharedProgressBox()
      let calibration = try KernelCalibration(
        files.map(\.file), seed: seed, parallel: parallel, starting: { progress.start($0, of: "fits") },
        advancing: { progress.advance() })
      progress.finish()
      sets += KernelValidation.sets(calibration, sources: sources, seed: seed)
      sets += try collectiveSets(parallel)
    }
    if let calibrated, let profile {
      sets += KernelValidation.sets(
        calibrated, name: profile, files: files.map(\.file), sources: sources, seed: seed)
    }
    return sets
  }

  /// The sets of collectives, where the folder has their times.
  private func collectiveSets(_ parallel: Parallel) throws -> [ValidationSet] {
    guard let data,
      CollectiveDataFolder.names.contains(where: { name in
        FileManager.default.fileExists(atPath: (data as NSString).appendingPathComponent(name))
      })
    else { return [] }
    let files = try CollectiveDataFolder(data).read()
    for remark in files.flatMap(\.file.bad) { CommandFailure.warn("\(remark); the row is left out") }
    let progress = SharedProgressBox()
    let calibration = try CollectiveCalibration(
      files.map(\.file), seed: seed, parallel: parallel, starting: { progress.start($0, of: "fits") },
      advancing: { progress.advance() })
    progress.finish()
    return CollectiveValidation.sets(
      calibration, source: files.map { "\($0.name), SHA-256 \($0.hash)" }.joined(separator: "; "), seed: seed)
  }

  /// Shows a run as the database has it, and makes its page.
  private func show(_ database: ResultDatabase, _ number: Int64, isNew: Bool) throws {
    let run = try database.run(number)
    let made = try ValidationPage(run)
    var written: [String] = []
    if let page {
      let kind = try? FileManager.default.attributesOfItem(atPath: OutputFile(option: "", path: page).target.path)[
        .type]
      guard kind == nil || kind as? FileAttributeType == .typeRegular else {
        throw UsageError("--page: found '\(page)', expected a file, since pictures are written beside it")
      }
      try OutputFile(option: "--page", path: page).writeWithFolder(made.text)
      written.append(page)
      let folder = (page as NSString).deletingLastPathComponent
      for plot in try made.plots() {
        let path = (folder as NSString).appendingPathComponent(plot.name)
        try OutputFile(option: "--page", path: path).write(plot.text)
        written.append(path)
      }
    }
    try write(made.sets, number: number)
    guard !json else { return }
    if let page { try Output.write(["", "Wrote \(page) and \(written.count - 1) pictures beside it"]) }
    if isNew { try Output.write(storage.closingLines([number])) }
  }

  private func write(_ sets: [ValidationSet], number: Int64?) throws {
    if json {
      try Output.write(JSONText.encode(ValidationDocument(sets, number: number)))
    } else {
      try Output.write(ValidationReport(sets).lines)
    }
  }
}
