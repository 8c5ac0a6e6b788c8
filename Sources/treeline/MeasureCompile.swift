import ArgumentParser
import CUDABackend
import Quantities
import Reporting

/// `treeline measure compile`: the kernels for every architecture, with no GPU.
struct MeasureCompile: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compile",
    abstract: "Compile the kernels for architectures, with no GPU, and print what they take.",
    usage: "treeline measure compile [<options>]",
    discussion: """
      Needs NVRTC alone, 12.0 or later (sm_100: 12.8). Machine code is kept by a hash of the sources, the architecture and \
      the compiler's version. Nothing is stored in the database: these are figures of a compiler.

      EXAMPLES
        treeline measure compile
        treeline measure compile --arch sm_90a --json
        pip install --target nvrtc nvidia-cuda-nvrtc-cu12==12.9.86
        treeline measure compile --libraries nvrtc/nvidia/cuda_nvrtc/lib
      """)

  @Option(help: "Architectures; a list (default: all that the kernels are checked for).")
  var arch: String?

  @OptionGroup var cuda: CUDAOptions

  @Option(
    help: ArgumentHelp("Compilations at a time (default: the number of cores).", valueName: "number"))
  var jobs: Int?

  @Flag(help: "Print JSON.")
  var json: Bool = false

  func run() throws {
    try CommandFailure.handling {
      let jobs = try JobOptions.count(jobs)
      let asked = try arch.map { try CommaList.split($0, option: "--arch") }
      let known = MultiprocessorLimits.known.map(\.architecture)
      for name in asked ?? [] where !known.contains(name) {
        throw UsageError(
          "--arch: no architecture '\(name)'\(NearestName.suggestion(for: name, among: known)) "
            + "(there are: \(known.joined(separator: ", ")))")
      }
      let compiler = try cuda.compiler()
      let architectures = asked ?? compiler.sources.table.architectures
      let progress = SharedProgress(
        total: compiler.sources.table.sources.count * architectures.count, of: "compilations")
      let compiled = try compiler.compileAll(for: architectures, jobs: jobs) { progress.advance() }
      progress.finish()
      let report = KernelResourceReport(
        compiler: compiler.compiler.title, library: compiler.compiler.path, table: compiler.sources.table,
        sources: compiled)
      if json { try Output.write(try report.json()) } else { try Output.write(report.lines) }
    }
  }
}
