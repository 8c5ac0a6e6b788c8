import CPUNumerics
import Quantities
import Workloads

/// One decode step on a device: split-KV flash decoding and the merge of its splits.
public struct DecodeKernel: Sendable {
  /// The sizes.
  public let shape: AttentionKernelShape
  /// Chooses the numbers.
  public let seed: UInt64
  /// The most threads of the CPU; changes no bit.
  public let jobs: Int

  /// Describes a step.
  public init(_ shape: AttentionKernelShape, seed: UInt64, jobs: Int) {
    self.shape = shape
    self.seed = seed
    self.jobs = jobs
  }

  /// The kernel.
  public var name: String { Self.name(of: shape) }

  /// The kernel that decodes a shape, whether there is one or not.
  static func name(of shape: AttentionKernelShape) -> String {
    "decode_\(shape.latentDim == nil ? "" : "latent_")\(shape.typeName)_\(shape.dim)"
  }

  /// What the queries are stored as: bf16 beside a cache of 8 bits.
  private var queryType: DataType { shape.type == .fp8 ? .bf16 : shape.type }

  /// Makes the work ready: draws numbers, works out what they must give, and copies them to the device.
  ///
  /// - Throws: ``CUDAError``; `FastAttentionError` for a type that is no bf16, fp16 or fp8.
  public func prepare(on session: DeviceSession) throws -> PreparedKernel {
    let tensors = AttentionTensors<Float>(workload: shape.workload, seed: seed, jobs: jobs)
    let queries = try CacheElements(tensors.queries, as: queryType)
    let keys = try StoredCache(tensors.keys, as: shape.type)
    let values = shape.latentDim == nil ? try StoredCache(tensors.values, as: shape.type) : nil
    let references = references(queries.numbers, keys, values)

    let (rows, group, valueDim, tokens) = (shape.batch * shape.queryHeads, shape.group, shape.valueDim, shape.tokens)
    let heads = shape.kvHeads * ((group + 15) / 16)
    let splitTokens = try SplitPlan.splitTokens(
      of: tokens, blocksPerSplit: heads * shape.batch, residentBlocks: session.residentBlocks(name))
    let splits = (tokens + splitTokens - 1) / splitTokens
    let label = "decode \(shape.label)"
    let buffers = (
      queries: try session.buffer(queries, for: label), keys: try keys.buffers(on: session, for: label),
      values: try values?.buffers(on: session, for: label),
      states: try session.allocate(splits * rows * (valueDim + 2) * 4, for: label),
      outputs: try session.allocate(rows * valueDim * 4, for: label), lses: try session.allocate(rows * 4, for: label)
    )
    let (name, batch, kvHeads) = (name, shape.batch, shape.kvHeads)
    // A latent cache is its own value: the kernel takes no values and no scales of them.
    let caches: [LaunchArgument] =
      buffers.values.map { values in
        [
          .address(buffers.keys.numbers.address), .address(values.numbers.address),
          .address(buffers.keys.scales?.address ?? 0), .address(values.scales?.address ?? 0),
        ]
      } ?? [.address(buffers.keys.numbers.address), .address(buffers.keys.scales?.address ?? 0)]
    return PreparedKernel(
      label: label, kernel: name,
      options: shape.options + " split-tokens=\(splitTokens) seed=\(seed) compared-heads=\(references.count)",
      work: .bytes(Int64(keys.byteCount + (values?.byteCount ?? 0)))
    ) { () throws(CUDAError) in
      try session.launch(
        name, grid: (splits, heads, batch),
        [.address(buffers.queries.address)] + caches + [
          .address(buffers.states.address), .int32(kvHeads), .int32(group), .int32(tokens), .int32(0), .int32(tokens),
          .int32(splitTokens), .float(1),
        ])
      try session.launch(
        "merge_lse_fp32", grid: (rows, 1, 1), splits: splits,
        [
          .address(buffers.states.address), .int32(splits), .int32(rows), .int32(valueDim),
          .address(buffers.outputs.address), .address(buffers.lses.address),
        ])
    } check: { () throws(CUDAError) -> Double in
      let outputs = try buffers.outputs.read(rows * valueDim, as: Float(0))
      let lses = try buffers.lses.read(rows, as: Float(0))
      return try AttentionReferences.check(
        references, outputs, lses, dim: valueDim, in: .fp32, kernel: name, label: label)
    }
  }

  private func references(
    _ queries: [Float], _ keys: StoredCache, _ values: StoredCache?
  ) -> [(row: Int, reference: DeviceReference)] {
    let rows = shape.batch * shape.queryHeads
    let looked = DeviceReference.comparedRows(of: rows, tokens: shape.tokens)
    let (dim, valueDim, tokens, group) = (shape.dim, shape.valueDim, shape.tokens, shape.group)
    let operand = NumberFormat(queryType)
    let smallestScale = (values ?? keys).smallestScale
    let found = ParallelLoop(jobs: jobs).map(looked.count) { index in
      let row = looked[index]
      let cache = (row / group) * tokens * dim..<(row / group + 1) * tokens * dim
      let ownKeys = keys.numbers(cache)
      let ownValues =
        values?.numbers(cache) ?? (0..<tokens).flatMap { ownKeys[$0 * dim..<$0 * dim + valueDim] }
      return DeviceReference(
        query: queries[row * dim..<(row + 1) * dim].map { Double($0) }, keys: ownKeys, values: ownValues,
        operand: operand, smallestScale: smallestScale)
    }
    return Array(zip(looked, found))
  }
}

/// Comparison of a device's attention with the CPU's.
enum AttentionReferences {
  /// The largest error as a share of its bound.
  ///
  /// - Throws: ``CUDAError/wrongResult(kernel:problem:)`` where it is above 1.
  static func check(
    _ references: [(row: Int, reference: DeviceReference)], _ outputs: [Float], _ lses: [Float], dim: Int,
    in format: NumberFormat, kernel: String, label: String
  ) throws(CUDAError) -> Double {
    var worst = 0.0
    for (row, reference) in references {
      let share = reference.excess(outputs[row * dim..<(row + 1) * dim], in: format, lses[row])
      guard share <= 1 else {
        throw .wrongResult(
          kernel: kernel,
          problem:
            "\(label): row \(row) is off by \(NumberText.format(share, significantDigits: 3)) times what rounding "
            + "explains")
      }
      worst = max(worst, share)
    }
    return worst
  }
}

extension DeviceSession {
  /// Memory of the device that holds what a cache stores.
  ///
  /// - Throws: ``CUDAError``.
  func buffer(_ elements: CacheElements, for purpose: String) throws(CUDAError) -> DeviceBuffer {
    switch elements {
    case .fp32(let numbers): try buffer(numbers, for: purpose)
    case .bf16(let bits), .fp16(let bits): try buffer(bits, for: purpose)
    }
  }
}
