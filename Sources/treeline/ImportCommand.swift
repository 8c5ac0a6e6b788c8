import ArgumentParser
import Configuration
import Foundation
import Measurements
import Quantities
import Reporting
import ResultStore

/// `treeline import`: what others measured, into the database.
struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Import measurements: logs of nccl-tests and rccl-tests, tables, and what treeline measure stored.",
    usage: "treeline import <file> ... [<options>]",
    discussion: """
      What a file is shows in its first lines. Rows with something wrong are counted, listed with their lines and left \
      out; a file without a row that can be used is an error, and nothing of any file is stored then. The same content \
      imported again changes nothing. What a log does not say of its machine is given by options.

      Tables: times of attention kernels and of collectives, bandwidth of memory, RDMA by size, data sheets, NCCL's \
      constants, energy, the paper's tables. Other tables of kernel times need their columns declared, one by one or in \
      a YAML file with the mappings columns and constants; the fields are gpu, software, dtype, batch, query_heads, \
      kv_heads, head_dim, window, query_tokens, context_tokens and time, the unit of which is ns, us, ms or s.

      EXAMPLES
        treeline import ../shared/data/*.csv
        treeline import all_reduce.log --interconnect "8 x NDR" --nics 8
        treeline import times.csv --column batch=bs --column time=latency:ms \\
          --constant gpu=H100 --column query_heads=heads --dry-run
        treeline import times.csv --mapping columns.yaml --source "our cluster"
        treeline import measured-elsewhere.sqlite
        treeline results imports
        treeline results sql \\
          "SELECT gpu, count(*) FROM v_kernel_measurement GROUP BY gpu"
      """)

  @Argument(help: "The files.")
  var files: [String]

  @Option(help: "What the files are read as (default: what their first lines show).")
  var format: String?

  @Option(help: "Where the measurements come from.")
  var source: String?

  @Option(help: "The licence of the measurements.")
  var license: String?

  @Option(help: "The GPU of a log, in place of the name that it has.")
  var gpu: String?

  @Option(help: "What joins the GPUs of a log.")
  var interconnect: String?

  @Option(help: "The ranks of a log that does not list them.")
  var gpus: Int?

  @Option(help: "The machines of a log that does not list its ranks.")
  var nodes: Int?

  @Option(help: "The network cards of each machine of a log.")
  var nics: Int?

  @Option(help: "The collective of a log that does not name its program, such as all_reduce.")
  var collective: String?

  @Option(
    help: ArgumentHelp(
      "A column of a table of kernel times, as FIELD=COLUMN, for a time FIELD=COLUMN:UNIT.", valueName: "field=column"))
  var column: [String] = []

  @Option(help: ArgumentHelp("What is the same in all rows of a table of kernel times.", valueName: "field=value"))
  var constant: [String] = []

  @Option(help: ArgumentHelp("The columns and constants of a table of kernel times, in YAML.", valueName: "file"))
  var mapping: String?

  @Flag(help: "Take a bad row as an error (65): nothing is stored.")
  var strict: Bool = false

  @Flag(help: "Read and list problems, store nothing.")
  var dryRun: Bool = false

  @Option(name: .shortAndLong, help: "The database that measurements are stored in.")
  var database: String = "treeline.sqlite"

  @Flag(help: "Print JSON.")
  var json: Bool = false

  func run() throws {
    try CommandFailure.handling {
      let reading = MeasurementInput.Reading(
        format: try format.map {
          try CommaList.choice($0, option: "--format", noun: "format", among: MeasurementFormat.allCases)
        }, mapping: try declaredMapping(), context: try context(), target: database)
      let read = try files.map { path in
        let input = MeasurementInput(path: path)
        let (file, hash) = try input.read(reading)
        return (file, record(input, hash))
      }
      let bad = read.reduce(0) { $0 + $1.0.count(.bad) }
      let isRefused = strict && bad > 0
      let store = dryRun || isRefused ? nil : try DatabasePath.open(database, mode: .readWriteCreate)
      let items = try read.map { file, record in
        ImportReport.Item(file: file, record: record, outcome: try outcome(file, record, store))
      }
      try json ? Output.write(JSONText.encode(ImportDocument(items))) : Output.write(ImportReport(items).lines)
      if isRefused { throw BadRows(count: bad) }
    }
  }

  private func outcome(_ file: MeasurementFile, _ record: SourceRecord, _ store: ResultDatabase?) throws
    -> ImportReport.Item.Outcome
  {
    switch try store?.save(record, file) {
    case .stored(let id): .stored(id)
    case .known(let id): .known(id)
    case nil: .notStored
    }
  }

  private func record(_ input: MeasurementInput, _ hash: String) -> SourceRecord {
    let known = KnownSources.of(input.name)
    return SourceRecord(
      importedAt: Environment.timestamp, command: CommandText.arguments, treelineVersion: Version.text,
      path: input.path, sha256: hash, origin: source ?? known.source, license: license ?? known.license)
  }

  private func declaredMapping() throws -> ColumnMapping {
    var declared = ColumnMapping()
    if let mapping {
      do {
        declared = try ColumnMapping(yaml: String(contentsOfFile: mapping, encoding: .utf8), file: mapping)
      } catch let error as CocoaError {
        throw MissingData(description: "--mapping: found no readable file '\(mapping)': \(error.localizedDescription)")
      }
    }
    for text in column { try declared.declare(column: text) }
    for text in constant { try declared.declare(constant: text) }
    return declared
  }

  private func context() throws -> LogContext {
    for (option, value) in [("--gpus", gpus), ("--nodes", nodes), ("--nics", nics)] {
      guard let value, !(1...1 << 20).contains(value) else { continue }
      throw UsageError("\(option): found \(value), expected 1 to 1048576")
    }
    if let gpus, let nodes, nodes > gpus || gpus % nodes != 0 {
      throw UsageError("--nodes: found \(nodes) machines for \(gpus) ranks, expected as many ranks on each")
    }
    for (option, value) in [
      ("--gpu", gpu), ("--interconnect", interconnect), ("--source", source), ("--license", license),
    ] where value?.isEmpty == true {
      throw UsageError("\(option): found '', expected a text")
    }
    let collectives = MeasurementReader.collectives
    if let collective, !collectives.contains(collective) {
      throw UsageError(
        "--collective: no collective '\(collective)'\(NearestName.suggestion(for: collective, among: collectives)) "
          + "(there are: \(collectives.joined(separator: ", ")))")
    }
    return LogContext(
      gpu: gpu, interconnect: interconnect, gpus: gpus, nodes: nodes, nics: nics, collective: collective)
  }
}

/// Bad rows where none may be.
struct BadRows: Error, CustomStringConvertible {
  let count: Int

  var description: String { "--strict: found \(count) bad row(s), expected none; nothing was stored" }
}
