import CPUNumerics
import Foundation
import Quantities

/// `attention-bench`: attention on request, so that `run.py` can let it and PyTorch take turns.
///
/// A line in, a line out: `jobs N`, `about`, `decode TYPE QUERY-HEADS KV-HEADS DIM TOKENS`, `prefill HEADS DIM TOKENS`
/// (both make data and answer with the work of one run, in bytes or floating-point operations), `time attention`,
/// `time read`, `time products` (seconds).
@main
enum Main {
  static func main() throws {
    var jobs = 1
    var job: BenchJob?
    while let line = readLine() {
      let words = line.split(separator: " ").map { String($0) }
      let numbers = words.compactMap { Int($0) }
      switch (words.first, numbers.count) {
      case ("jobs", 1): jobs = numbers[0]
      case ("about", 0):
        print(KernelVariant.available.map { "\($0)" }.joined(separator: ", "), terminator: "; ")
        print(try MatrixProducts.checked().configuration)
      case ("decode", 4):
        guard words.count > 1, let type = DataType(rawValue: words[1]) else { throw BenchError(line: line) }
        // The former data make room first.
        job = nil
        let load = try DecodeLoad(
          type: type, queryHeads: numbers[0], kvHeads: numbers[1], dim: numbers[2], tokens: numbers[3], jobs: jobs)
        job = .decode(load)
        print(load.bytes.count)
      case ("prefill", 3):
        job = nil
        let load = try PrefillLoad(
          heads: numbers[0], dim: numbers[1], tokens: numbers[2], jobs: jobs, products: MatrixProducts.checked())
        job = .prefill(load)
        print(Int(load.work.count))
      case ("time", 0):
        let clock = ContinuousClock()
        let start = clock.now
        guard let result = try job?.run(words.last ?? "") else { throw BenchError(line: line) }
        print((clock.now - start) / .seconds(1), result.isNaN ? "NaN" : "done")
      default: throw BenchError(line: line)
      }
      fflush(nil)
    }
  }
}

/// A request that is none.
struct BenchError: Error, CustomStringConvertible {
  let line: String
  var description: String { "attention-bench can't do '\(line)'" }
}

/// Data, and what can be done with them.
enum BenchJob {
  case decode(DecodeLoad)
  case prefill(PrefillLoad)

  /// Does something by name; nil for a name that is not known. What it returns keeps the work from being left out.
  func run(_ name: String) throws -> Float? {
    switch (self, name) {
    case (.decode(let load), "attention"): try load.attend()
    case (.decode(let load), "read"): load.read(.widest)
    case (.decode(let load), "read-avx2") where KernelVariant.avx2.isAvailable: load.read(.avx2)
    case (.prefill(let load), "attention"): load.attend()
    case (.prefill(let load), "products"): load.multiply()
    default: nil
    }
  }
}
