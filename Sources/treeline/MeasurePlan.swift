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
      try CommaList.choice($0, option: "--types", noun: "type", among: MeasureKernel.CacheType.allCases).dataType
    }
    let dims = try CommaList.integers(command.headDims, option: "--head-dims", in: 1...1024)
    if let other = dims.first(where: { ![64, 128, 256].contains($0) }) {
      throw UsageError("--head-dims: found \(other), expected 64, 128 or 256, for which there are kernels")
    }
    let latentDim = try Self.latentDim(command)
    let kvHeads = command.kvHeads ?? (latentDim == nil ? 8 : 1)
    for (option, value, most) in [
      ("--heads", command.heads, 1024), ("--kv-heads", kvHeads, 1024), ("--batch", command.batch, 4096),
      ("--repeats", command.repeats, 100_000),
    ] where !(1...most).contains(value) {
      throw UsageError("\(option): found \(value), expected 1 to \(most)")
    }
    guard command.heads % kvHeads == 0 else {
      throw UsageError("--kv-heads: found \(kvHeads), expected a divisor of the \(command.heads) query heads")
    }
    let precision = try command.precision.checked()
    guard (0...1023).contains(command.device) else {
      throw UsageError("--device: found \(command.device), expected a number from 0")
    }
    func shapes(_ types: [DataType], _ counts: [Int], _ dims: [Int]) -> [AttentionKernelShape] {
      types.flatMap { type in
        dims.flatMap { dim in
          counts.map {
            AttentionKernelShape(
              queryHeads: command.heads, kvHeads: kvHeads, dim: dim, latentDim: latentDim, batch: command.batch,
              tokens: $0, type: type)
          }
        }
      }
    }
    decodes = shapes(types, decodeTokens, latentDim.map { [$0 + command.ropeDim] } ?? dims)
    let prefillDims = latentDim == nil ? dims.filter { $0 != 256 } : []
    prefills = shapes(types.filter { $0 != .fp8 }, prefillTokens, prefillDims)
    guard !parts.contains(.prefill) || !prefills.isEmpty else {
      throw UsageError(
        "--parts: found prefill, for which there are no kernels of such a cache; expected another part, such as decode")
    }
    repeats = RepeatPlan(most: command.repeats, precision: precision)
    flushes = !command.warmCache
    seed = command.seed
  }

  /// The latent vector's elements; nil where keys and values lie apart.
  private static func latentDim(_ command: MeasureKernel) throws -> Int? {
    guard let latentDim = command.latentDim else { return nil }
    guard latentDim == 512, command.ropeDim == 64 else {
      throw UsageError(
        "--latent-dim: found \(latentDim) with --rope-dim \(command.ropeDim), expected 512 with 64, for which there are "
          + "kernels")
    }
    guard (command.kvHeads ?? 1) == 1 else {
      throw UsageError("--kv-heads: found \(command.kvHeads ?? 1), expected 1, as a latent cache has")
    }
    return latentDim
  }

  private static func naming<Value>(_ option: String, _ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let error as QuantityError {
      throw UsageError("\(option): \(error)")
    }
  }

  /// Checks that what is measured is what a device profile needs.
  ///
  /// - Throws: ``UsageError``.
  func validateExport(_ options: ExportOptions, _ device: DeviceDescription) throws {
    guard options.folder != nil else { return }
    guard parts.contains(.launch) || parts.contains(.memory) else {
      throw UsageError("--export: found no part that a device profile needs, expected launch or memory in --parts")
    }
    let largest = sizes.max() ?? .zero
    // A buffer that the cache holds in part tells of the cache.
    let enough = Bytes(device.cache.count * 4)
    guard !parts.contains(.memory) || largest >= enough else {
      throw UsageError(
        "--sizes: found \(largest) at most, expected with --export \(enough) or more, 4 times the second cache")
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
