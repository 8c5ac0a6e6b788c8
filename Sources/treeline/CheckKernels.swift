import ArgumentParser
import CPUNumerics
import Quantities

/// `treeline check kernels`: the fast path of this machine, for results and for speed.
struct CheckKernels: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kernels",
    abstract: "Check the CPU's own attention kernels against exact attention, and measure them with --rates.",
    usage: "treeline check kernels [<options>]",
    discussion: """
      Runs decode and prefill on this machine: every instruction set that its processor has, fp32, bf16 and fp16, MHA, GQA \
      and MLA, batches, odd numbers of tokens. Every output and log-sum-exp is held to the bound that rounding gives its \
      own query, and every number of threads up to --jobs to the bits of one. Prefill stands on OpenBLAS, which is opened \
      and tested first. With --rates speed is measured, once results are known to be right: decode beside a plain read of \
      the same bytes, prefill beside sgemm, on as many threads. The exit code is 70 when a residual is past its bound, 69 \
      when OpenBLAS is missing or gives wrong products.

      EXAMPLES
        treeline check kernels
        treeline check kernels --rates --jobs 8
        treeline check kernels --openblas /opt/openblas/lib/libopenblas.so.0
      """)

  @Option(help: "Seed of the random numbers.")
  var seed: UInt64 = 1

  @Option(help: "Cached tokens; a list.")
  var tokens: String = "1,37,301,4097"

  @Option(name: .shortAndLong, help: "Sequences in the batch.")
  var batch: Int = 2

  @Option(help: ArgumentHelp("The file of OpenBLAS (default: what the system's loader finds).", valueName: "file"))
  var openblas: String?

  @Flag(help: "Measure this machine, too.")
  var rates: Bool = false

  @Option(help: "How often each figure of --rates is measured (default: 7).")
  var repeats: Int?

  @Option(help: "Cached tokens of --rates' decode steps (default: 16384).")
  var rateTokens: Int?

  @Option(
    help: ArgumentHelp(
      "The most threads; results are the same for any number (default: the number of cores).", valueName: "number"))
  var jobs: Int?

  @OptionGroup var storage: StorageOptions

  @Flag(help: "Print JSON.")
  var json: Bool = false

  func run() throws {
    try CommandFailure.handling {
      let tokens = try CommaList.integers(self.tokens, option: "--tokens", in: 1...100_000)
      for (option, value, most) in [
        ("--batch", batch, 64), ("--repeats", repeats ?? 7, 1000), ("--rate-tokens", rateTokens ?? 16384, 1 << 20),
      ] where !(1...most).contains(value) {
        throw UsageError("\(option): found \(value), expected 1 to \(most)")
      }
      for (option, isGiven) in [("--repeats", repeats != nil), ("--rate-tokens", rateTokens != nil)]
      where isGiven && !rates {
        throw UsageError("\(option) needs --rates: without it nothing is measured")
      }
      let jobs = try JobOptions.count(jobs)
      let products = try MatrixProducts.checked(path: openblas)
      let check = KernelCheck(seed: seed, tokens: tokens, batch: batch, jobs: jobs, products: products)
      let database = try storage.open()
      var progress = Progress(total: check.partCount, of: "cases")
      let residuals = try check.residuals { progress.update(done: $0) }
      progress.finish()
      // Speed of what computes the wrong thing is no figure.
      let isRight = residuals.allSatisfy(\.passes)
      let load = Environment.loadAverage
      let rates = self.rates && isRight ? try measured(jobs, products) : []
      let machine = MachineText(
        jobs: jobs, products: products, loads: rates.isEmpty ? [] : [load, Environment.loadAverage].compactMap { $0 })
      let records = CheckRecords(
        name: "kernels", options: "batch=\(batch) jobs=\(jobs)", seed: seed, tokens: tokens.max() ?? 1,
        residuals: residuals, machine: machine.lines, rates: rates)
      let title = "CPU kernels: seed \(seed), tokens \(self.tokens), batch \(batch)"
      try records.report(title, asJSON: json, to: database, storage)
    }
  }

  private func measured(_ jobs: Int, _ products: MatrixProducts) throws -> [KernelRate] {
    // 2048 tokens of prefill make a matrix of 16 MB a head: past every cache, and seconds of work on few cores.
    let tokens = rateTokens ?? 16384
    let rates = KernelRates(
      tokens: tokens, prefillTokens: min(tokens, 2048), repeats: repeats ?? 7, jobs: jobs, products: products)
    var progress = Progress(total: rates.count, of: "rates")
    defer { progress.finish() }
    return try rates.measured { progress.update(done: $0) }
  }
}

/// What a figure was measured on.
struct MachineText {
  let jobs: Int
  let products: MatrixProducts
  /// The load before and after what was measured; empty where nothing was.
  let loads: [Double]

  /// The processor, the instruction sets in use, the library with its kernel, and how busy the machine was.
  var lines: [String] {
    let load = loads.map { NumberText.format($0, decimals: 1) }.joined(separator: ", then ")
    return [
      "CPU: \(Environment.processorName), \(JobOptions.defaultCount) core(s), \(jobs) thread(s)",
      "instructions: \(KernelVariant.available.map { "\($0)" }.joined(separator: ", "))",
      "OpenBLAS: \(products.path), \(products.configuration)",
    ] + (loads.isEmpty ? [] : ["load of the machine: \(load)"])
  }
}
