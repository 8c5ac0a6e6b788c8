import CUDABackend
import Quantities

/// What a command line asks `treeline measure kernel` to measure, every option checked before any device is asked for.
struct MeasurePlan {
  let jobs: Int
  private let parts: [MeasureKernel.Part]
  private let sizes: [Bytes]
  private let decodes: [AttentionKernelShape]
  private let prefills: [AttentionKernelShape]
  private let repeats: RepeatPlan
  private let flushes: Bool
  private let seed: UInt64

  init(_ command: MeasureKernel) throws {
    parts = try CommaList.split(command.parts, option: "--parts").map {
      try CommaList.choice($0, option: "--parts", noun: "part", among: MeasureKernel.Part.allCases)
    }
    jobs = try JobOptions.count(command.jobs)
    sizes = try CommaList.split(command.sizes, option: "--sizes").map { text in
      let size = try Self.naming("--sizes") { try Bytes(parsing: text) }
      guard size.count >= 16, size.count % 16 == 0 else {
        throw UsageError("--sizes: found '\(text)', expected a multiple of 16 bytes")
      }
      return size
    }
    func tokens(_ list: String, _ option: String) throws -> [Int] {
      try CommaList.split(list, option: option).map { text in
        let count = try Self.naming(option) { try TokenCount(parsing: text) }.count
        guard (1...(1 << 24)).contains(count) else {
          throw UsageError("\(option): found '\(text)', expected 1 to 16777216 tokens")
        }
        return Int(count)
      }
    }
    let decodeTokens = try tokens(command.tokens, "--tokens")
    let prefillTokens = try tokens(command.prefillTokens, "--prefill-tokens")
    let types = try CommaList.split(command.types, option: "--types").map {
      try CommaList.choice($0, option: "--types", noun: "type", among: [DataType.bf16, .fp16])
    }
    let dims = try CommaList.integers(command.headDims, option: "--head-dims", in: 1...1024)
    if let other = dims.first(where: { ![64, 128, 256].contains($0) }) {
      throw UsageError("--head-dims: found \(other), expected 64, 128 or 256, for which there are kernels")
    }
    for (option, value, most) in [
      ("--heads", command.heads, 1024), ("--kv-heads", command.kvHeads, 1024), ("--batch", command.batch, 4096),
      ("--repeats", command.repeats, 100_000),
    ] where !(1...most).contains(value) {
      throw UsageError("\(option): found \(value), expected 1 to \(most)")
    }
    guard command.heads % command.kvHeads == 0 else {
      throw UsageError("--kv-heads: found \(command.kvHeads), expected a divisor of the \(command.heads) query heads")
    }
    guard command.precision > 0, command.precision <= 1 else {
      throw UsageError("--precision: found \(command.precision), expected a share above 0, up to 1")
    }
    guard (0...1023).contains(command.device) else {
      throw UsageError("--device: found \(command.device), expected a number from 0")
    }
    func shapes(_ counts: [Int], _ dims: [Int]) -> [AttentionKernelShape] {
      types.flatMap { type in
        dims.flatMap { dim in
          counts.map {
            AttentionKernelShape(
              queryHeads: command.heads, kvHeads: command.kvHeads, dim: dim, batch: command.batch, tokens: $0,
              type: type)
          }
        }
      }
    }
    decodes = shapes(decodeTokens, dims)
    prefills = shapes(prefillTokens, dims.filter { $0 != 256 })
    repeats = RepeatPlan(most: command.repeats, precision: command.precision)
    flushes = !command.warmCache
    seed = command.seed
  }

  private static func naming<Value>(_ option: String, _ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let error as QuantityError {
      throw UsageError("\(option): \(error)")
    }
  }

  /// Measures all that was asked for, one after another.
  func measure(on session: DeviceSession) throws -> [KernelMeasurement] {
    let bench = try KernelBench(session: session, plan: repeats, flushes: flushes)
    var progress = Progress(total: count, of: "measurements")
    defer { progress.finish() }
    var found: [KernelMeasurement] = []
    func take(_ more: [KernelMeasurement]) {
      found += more
      progress.update(done: found.count)
    }
    for part in parts {
      switch part {
      case .launch: take(try bench.launchOverhead())
      case .memory:
        for size in sizes {
          for kernel in MemoryKernel.allCases {
            take([try bench.measure(kernel.prepare(size: size, seed: seed, on: session))])
          }
        }
      case .decode:
        for shape in decodes {
          take([try bench.measure(DecodeKernel(shape, seed: seed, jobs: jobs).prepare(on: session))])
        }
      case .prefill:
        for shape in prefills {
          for causal in [true, false] {
            let prefill = PrefillKernel(shape, queryTokens: shape.tokens, causal: causal, seed: seed, jobs: jobs)
            take([try bench.measure(prefill.prepare(on: session))])
          }
        }
      }
    }
    return found
  }

  private var count: Int {
    parts.reduce(0) { sum, part in
      switch part {
      case .launch: sum + 2
      case .memory: sum + sizes.count * MemoryKernel.allCases.count
      case .decode: sum + decodes.count
      case .prefill: sum + prefills.count * 2
      }
    }
  }
}
