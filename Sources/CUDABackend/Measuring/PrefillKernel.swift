import CPUNumerics
import Quantities
import Workloads

/// Prefill on a device: the last tokens of each sequence attend to all before them.
public struct PrefillKernel: Sendable {
  /// The sizes.
  public let shape: AttentionKernelShape
  /// The query tokens of each sequence, at most its tokens.
  public let queryTokens: Int
  /// Whether a query sees only the tokens up to its own.
  public let causal: Bool
  /// Chooses the numbers.
  public let seed: UInt64
  /// The most threads of the CPU; changes no bit.
  public let jobs: Int

  /// Describes a prefill.
  public init(_ shape: AttentionKernelShape, queryTokens: Int, causal: Bool, seed: UInt64, jobs: Int) {
    self.shape = shape
    self.queryTokens = queryTokens
    self.causal = causal
    self.seed = seed
    self.jobs = jobs
  }

  /// The kernel.
  public var name: String { "prefill_\(shape.type.rawValue)_\(shape.dim)" }

  /// The most queries that are compared: the first and the last of all among them.
  static let compared = 64

  /// The operations that the mask lets through: a multiplication and an addition for q·k, and for p·v.
  public var flops: Double {
    let (queries, tokens) = (Double(queryTokens), Double(shape.tokens))
    let pairs = causal ? queries * (tokens - queries) + queries * (queries + 1) / 2 : queries * tokens
    return 4 * Double(shape.dim) * pairs * Double(shape.queryHeads * shape.batch)
  }

  /// Makes the work ready: draws numbers, works out what they must give, and copies them to the device.
  ///
  /// - Throws: ``CUDAError``; `FastAttentionError` for a type that is no bf16 or fp16.
  public func prepare(on session: DeviceSession) throws -> PreparedKernel {
    let (dim, tokens, count) = (shape.dim, shape.tokens, queryTokens)
    var drawing = shape.workload
    drawing.batch *= count
    drawing.tokens = 1
    // Queries as those of so many sequences.
    let queries = try CacheElements(
      AttentionTensors<Float>(workload: drawing, seed: seed, jobs: jobs).queries, as: shape.type)
    let tensors = AttentionTensors<Float>(workload: shape.workload, seed: seed, jobs: jobs)
    let keys = try CacheElements(tensors.keys, as: shape.type)
    let values = try CacheElements(tensors.values, as: shape.type)
    let rows = shape.batch * shape.queryHeads * count
    let references = references(queries.numbers, keys.numbers, values.numbers, rows: rows)

    let label = "\(causal ? "causal" : "full") prefill of \(count) \(shape.label)"
    let elements = try session.buffer(queries, for: label)
    let buffers = (
      keys: try session.buffer(keys, for: label), values: try session.buffer(values, for: label),
      outputs: try session.allocate(rows * dim * 2, for: label), lses: try session.allocate(rows * 4, for: label)
    )
    let (name, type, group, heads, batch) = (name, shape.type, shape.group, shape.queryHeads, shape.batch)
    let seen = causal ? tokens - count + 1 : tokens
    return PreparedKernel(
      label: label, kernel: name,
      options: shape.options + " queries=\(count) causal=\(causal) seed=\(seed) compared-queries=\(references.count)",
      work: .flops(flops)
    ) { () throws(CUDAError) in
      try session.launch(
        name, grid: ((count + 127) / 128, heads, batch),
        [
          .address(elements.address), .address(buffers.keys.address), .address(buffers.values.address),
          .address(buffers.outputs.address), .address(buffers.lses.address), .int32(group), .int32(count),
          .int32(tokens), .int32(seen), .float(1),
        ])
    } check: { () throws(CUDAError) -> Double in
      let bits = try buffers.outputs.read(rows * dim, as: UInt16(0))
      let outputs = (type == .bf16 ? CacheElements.bf16(bits) : .fp16(bits)).numbers
      let lses = try buffers.lses.read(rows, as: Float(0))
      return try AttentionReferences.check(
        references, outputs, lses, dim: dim, in: NumberFormat(type), kernel: name, label: label)
    }
  }

  private func references(
    _ queries: [Float], _ keys: [Float], _ values: [Float], rows: Int
  ) -> [(row: Int, reference: DeviceReference)] {
    let looked =
      rows <= Self.compared ? Array(0..<rows) : (0..<Self.compared).map { $0 * (rows - 1) / (Self.compared - 1) }
    let (dim, tokens) = (shape.dim, shape.tokens)
    let operand = NumberFormat(shape.type)
    let found = ParallelLoop(jobs: jobs).map(looked.count) { index in
      let row = looked[index]
      let seen = causal ? tokens - queryTokens + row % queryTokens + 1 : tokens
      let first = row / queryTokens / shape.group * tokens * dim
      return DeviceReference(
        query: queries[row * dim..<(row + 1) * dim].map { Double($0) },
        keys: keys[first..<first + seen * dim].map { Double($0) },
        values: values[first..<first + seen * dim].map { Double($0) }, operand: operand)
    }
    return Array(zip(looked, found))
  }
}
