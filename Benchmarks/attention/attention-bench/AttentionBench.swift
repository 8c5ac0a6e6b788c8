import CPUNumerics
import Foundation

/// `attention-bench`: attention on request, so that `run.py` can let it and PyTorch take turns.
///
/// A line in, a line out: `jobs N`, `about`, `decode TYPE QUERY-HEADS KV-HEADS DIM TOKENS`, `prefill HEADS DIM TOKENS`
/// (both make data and answer with the work of one run, in bytes or floating-point operations), `time attention`,
/// `time read`, `time products` (seconds).
@main
enum Main {
  static func main() throws {
    var jobs = 1
    var job: (any BenchJob)?
    while let line = readLine() {
      let words = line.split(separator: " ").map { String($0) }
      let numbers = words.compactMap { Int($0) }
      switch (words.first, numbers.count) {
      case ("jobs", 1): jobs = numbers[0]
      case ("about", 0):
        print(KernelVariant.available.map { "\($0)" }.joined(separator: ", "), terminator: "; ")
        print(try FastPrefill(jobs: 1).library)
      case ("decode", 4):
        // The former data make room first.
        job = nil
        job = try DecodeJob(
          type: words[1], queryHeads: numbers[0], kvHeads: numbers[1], dim: numbers[2], tokens: numbers[3], jobs: jobs)
        print(job?.work ?? 0)
      case ("prefill", 3):
        job = nil
        job = try PrefillJob(heads: numbers[0], dim: numbers[1], tokens: numbers[2], jobs: jobs)
        print(job?.work ?? 0)
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
protocol BenchJob {
  /// The bytes that one run reads, or its floating-point operations.
  var work: Int { get }
  /// Does something by name; nil for a name that is not known. What it returns keeps the work from being left out.
  func run(_ name: String) throws -> Float?
}

/// Numbers between -1 and 1, as good as any for a measurement.
func drawn(_ count: Int, seed: UInt32, scale: Float = 1) -> [Float] {
  var state = seed
  return (0..<count).map { _ in
    state = state &* 1_664_525 &+ 1_013_904_223
    return (Float(state >> 8) * 0x1p-23 - 1) * scale
  }
}
