import Programs
import Quantities
import Workloads

/// The kernels that do what the actions of a program's operations say, as the table of this backend has them.
struct StepKernels {
  /// One launch.
  struct Launch: Hashable {
    let name: String
    let x: Int
    var y = 1
    var z = 1
    var splits = 0
    let arguments: [LaunchArgument]
  }

  let program: Program
  let workload: AttentionWorkload
  /// The shape of keys and values that rotate: with KV heads repeated where the program does so first.
  private let rotatingShape: AttentionShape
  /// Where a slice lies.
  let address: (Slice) -> UInt64
  /// The blocks of a kernel that its device holds at once.
  let residentBlocks: (_ kernel: String) throws(CUDAError) -> Int

  init(
    _ program: Program, _ workload: AttentionWorkload, address: @escaping (Slice) -> UInt64,
    residentBlocks: @escaping (String) throws(CUDAError) -> Int
  ) {
    self.program = program
    self.workload = workload
    self.address = address
    self.residentBlocks = residentBlocks
    let expands = program.kernels.contains { $0.action == .expandHeads }
    rotatingShape = expands ? workload.shape.expanded : workload.shape
  }

  /// Query heads of all sequences.
  private var rows: Int { workload.batch * workload.shape.queryHeads }
  private var dim: Int { workload.shape.valueDim }

  private func type(_ slice: Slice) -> DataType { program.buffers[Int(slice.buffer.index)].type }

  private func bad(_ operation: Int, _ problem: String) -> CUDAError {
    .program("\(program.line(ofOperation: operation)): \(problem)")
  }

  // MARK: Splits

  /// How the blocks of keys of an attend kernel are split: tokens and splits of each block.
  func splits(of operation: Int) throws(CUDAError) -> [(tokens: Int, splitTokens: Int, splits: Int)] {
    guard let attention = program.attention(of: OperationID(Int32(operation))) else {
      throw bad(operation, "the program does not say which tokens it attends to")
    }
    guard attention.queries.count == 1 else {
      throw bad(operation, "found \(attention.queries.count) query tokens, and there are kernels for 1")
    }
    let shape = shape(of: operation)
    let resident = try residentBlocks(decodeName(shape))
    let perSplit = shape.kvHeads * ((shape.queryHeads / shape.kvHeads + 15) / 16) * workload.batch
    let most = attention.keys.reduce(0) { $0 + $1.count }
    let splitTokens = max(
      1, SplitPlan.splitTokens(of: max(most, 1), blocksPerSplit: perSplit, residentBlocks: resident))
    return attention.keys.map { keys in
      (keys.count, splitTokens, max(1, (keys.count + splitTokens - 1) / splitTokens))
    }
  }

  /// The bytes of the splits' states of an attend kernel; 0 of any other operation.
  func scratchBytes(of operation: Int) throws(CUDAError) -> Int {
    switch action(operation) {
    case .attend, .attendInto:
      try splits(of: operation).reduce(0) { $0 + $1.splits } * rows * (dim + 2) * 4
    default: 0
    }
  }

  private func action(_ operation: Int) -> Action? {
    program.kinds[operation] == .compute ? program.kernels[Int(program.subjects[operation])].action : nil
  }

  private func shape(of operation: Int) -> AttentionShape {
    action(operation) == .attendInto ? rotatingShape : workload.shape
  }

  private func decodeName(_ shape: AttentionShape) -> String {
    "decode_\(shape.valuesShareKeys ? "latent_" : "")\(workload.type.rawValue)_\(shape.keyDim)"
  }

  // MARK: Launches

  /// What an operation launches, in order.
  ///
  /// - Parameters:
  ///   - operation: A compute operation.
  ///   - scratch: Where the states of splits lie.
  ///   - isFresh: Whether an online-softmax state holds nothing yet.
  /// - Throws: ``CUDAError/program(_:)`` for what there are no kernels for.
  func launches(of operation: Int, scratch: UInt64, isFresh: Bool) throws(CUDAError) -> [Launch] {
    let slices = Array(program.operands(of: OperationID(Int32(operation))))
    guard let action = action(operation), action.takes(operands: slices.count) else {
      throw bad(operation, "it has \(slices.count) operands")
    }
    switch action {
    case .launch: return [Launch(name: "empty", x: 1, arguments: [])]
    case .attend:
      let outputs = slices.suffix(Action.attendOutputs(of: slices.count))
      let blocks = Array(slices[1..<slices.count - outputs.count])
      let (decodes, count) = try decode(operation, slices[0], blocks, scratch)
      return decodes + [try merge(operation, scratch, count, Array(outputs))]
    case .attendInto:
      let (decodes, count) = try decode(operation, slices[0], [slices[1], slices[2]], scratch)
      return decodes + [
        Launch(
          name: "merge_into_\(type(slices[3]))", x: rows, splits: count,
          arguments: state(scratch, count) + [
            .address(address(slices[3])), .address(address(slices[4])), .int32(isFresh ? 1 : 0),
          ])
      ]
    case .rescale: return [rescale(slices)]
    case .normalise: return [try normalise(operation, slices)]
    case .reduce(let reduction): return [try reduce(reduction, slices)]
    case .expandHeads: return try expand(slices)
    case .copy: return [try copy(operation, slices)]
    }
  }

  private func decode(
    _ operation: Int, _ queries: Slice, _ blocks: [Slice], _ scratch: UInt64
  ) throws(CUDAError) -> (launches: [Launch], splits: Int) {
    let shape = shape(of: operation)
    let group = shape.queryHeads / shape.kvHeads
    var launches: [Launch] = []
    var done = 0
    for (place, split) in try splits(of: operation).enumerated() {
      let (keys, values) = (blocks[2 * place], blocks[2 * place + 1])
      let caches: [LaunchArgument] =
        shape.valuesShareKeys
        ? [.address(address(keys)), .address(0)]
        : [.address(address(keys)), .address(address(values)), .address(0), .address(0)]
      let states = scratch + UInt64(done * rows * (dim + 2) * 4)
      launches.append(
        Launch(
          name: decodeName(shape), x: split.splits, y: shape.kvHeads * ((group + 15) / 16), z: workload.batch,
          arguments: [.address(address(queries))] + caches + [
            .address(states), .int32(shape.kvHeads), .int32(group), .int32(split.tokens), .int32(0),
            .int32(split.tokens), .int32(split.splitTokens), .float(1),
          ]))
      done += split.splits
    }
    return (launches, done)
  }

  /// The arguments of a merge that tell of the splits.
  private func state(_ scratch: UInt64, _ splits: Int) -> [LaunchArgument] {
    [.address(scratch), .int32(splits), .int32(rows), .int32(dim)]
  }

  private func merge(
    _ operation: Int, _ scratch: UInt64, _ splits: Int, _ outputs: [Slice]
  ) throws(CUDAError) -> Launch {
    let kind: String
    switch (outputs.count, Int(outputs[0].count) - rows * dim) {
    case (2, 0): kind = "lse"
    case (1, 0): kind = "output"
    case (1, rows): kind = "packed"
    case (1, 2 * rows): kind = "state"
    default: throw bad(operation, "its outputs are of no size that a merge kernel writes")
    }
    return Launch(
      name: "merge_\(kind)_\(type(outputs[0]))", x: rows, splits: splits,
      arguments: state(scratch, splits) + outputs.map { .address(address($0)) })
  }

  private func rescale(_ slices: [Slice]) -> Launch {
    let isPacked = slices.count == 2
    let stride = isPacked ? dim + 1 : dim
    let lses =
      isPacked ? address(slices[0]) + UInt64(dim * type(slices[0]).size) : address(slices[1])
    return Launch(
      name: "rescale_\(type(slices[0]))", x: rows,
      arguments: [
        .address(address(slices[0])), .int32(stride), .address(lses), .int32(isPacked ? stride : 1),
        .address(address(slices[slices.count - 1])), .int32(dim),
      ])
  }

  /// Denominators come last among the scalars of a head or of all heads.
  private func normalise(_ operation: Int, _ slices: [Slice]) throws(CUDAError) -> Launch {
    let target = slices[slices.count - 1]
    let size = type(slices[0]).size
    let (stride, denominators, denominatorStride): (Int, UInt64, Int)
    if slices.count == 3 {
      stride = dim
      denominators = address(slices[1]) + UInt64((Int(slices[1].count) - rows) * size)
      denominatorStride = 1
    } else {
      stride = Int(slices[0].count) / rows
      denominators = address(slices[0]) + UInt64((stride - 1) * size)
      denominatorStride = stride
    }
    guard Int(target.count) == rows * dim, stride >= dim else { throw bad(operation, "it is of no whole heads") }
    return Launch(
      name: "normalise_\(type(slices[0]))_\(type(target))", x: rows,
      arguments: [
        .address(address(slices[0])), .int32(stride), .address(denominators), .int32(denominatorStride),
        .address(address(target)), .int32(dim),
      ])
  }

  private func reduce(_ reduction: Reduction, _ slices: [Slice]) throws(CUDAError) -> Launch {
    let (own, other) = (LaunchArgument.address(address(slices[0])), LaunchArgument.address(address(slices[1])))
    let type = type(slices[0])
    let count = Int(slices[0].count)
    switch reduction {
    case .onlineSoftmax:
      return Launch(name: "reduce_softmax_\(type)", x: count / (dim + 2), arguments: [own, other, .int32(dim)])
    case .maximum, .sum:
      let name = "reduce_\(reduction.rawValue)_\(type)"
      return Launch(
        name: name, x: try blocks(name, (count * type.size + 15) / 16), arguments: [own, other, .int64(count)])
    }
  }

  /// The blocks of a grid-stride loop over so many units, 256 threads a block.
  private func blocks(_ name: String, _ units: Int) throws(CUDAError) -> Int {
    max(1, min(try residentBlocks(name), (units + 255) / 256))
  }

  /// The keys, then the values, of all query heads.
  private func expand(_ slices: [Slice]) throws(CUDAError) -> [Launch] {
    let shape = workload.shape
    let size = type(slices[0]).size
    let tokens = Int(slices[0].count) / (workload.batch * shape.cacheElementsPerToken)
    guard tokens > 0 else { return [] }
    let keyBytes = shape.keyDim * size
    let valueBytes = dim * size
    let (source, target) = (address(slices[0]), address(slices[1]))
    // Values that are a view of the keys are the first elements of each.
    let values =
      shape.valuesShareKeys ? source : source + UInt64(workload.batch * tokens * shape.keyElementsPerToken * size)
    let valueStride = shape.valuesShareKeys ? keyBytes : valueBytes
    func launch(_ from: UInt64, _ to: UInt64, _ stride: Int, _ width: Int) throws(CUDAError) -> Launch {
      Launch(
        name: "expand_heads", x: try blocks("expand_heads", tokens * width / 16), y: rows,
        arguments: [
          .address(from), .address(to), .int32(shape.queryHeads / shape.kvHeads), .int64(tokens), .int32(stride / 16),
          .int32(width / 16),
        ])
    }
    return [
      try launch(source, target, keyBytes, keyBytes),
      try launch(values, target + UInt64(rows * tokens * keyBytes), valueStride, valueBytes),
    ]
  }

  /// A slice, or of packed outputs the LSE of each head.
  private func copy(_ operation: Int, _ slices: [Slice]) throws(CUDAError) -> Launch {
    let (from, to) = (address(slices[0]), address(slices[1]))
    let (source, target) = (type(slices[0]), type(slices[1]))
    let (sourceCount, count) = (Int(slices[0].count), Int(slices[1].count))
    guard sourceCount == count else {
      guard source == target, sourceCount == count * (dim + 1) else {
        throw bad(operation, "it copies between slices of other sizes than packed outputs and their LSEs")
      }
      let name = "extract_scalars_\(source)"
      return Launch(
        name: name, x: try blocks(name, count),
        arguments: [.address(from), .address(to), .int32(count), .int32(dim), .int32(dim + 1)])
    }
    guard source == target else {
      let name = "convert_\(source)_\(target)"
      return Launch(
        name: name, x: try blocks(name, count), arguments: [.address(from), .address(to), .int64(count)])
    }
    let bytes = count * source.size
    let isAligned = (from | to | UInt64(bytes)) % 16 == 0
    let name = isAligned ? "memory_copy" : "memory_copy_bytes"
    let units = isAligned ? bytes / 16 : bytes
    return Launch(
      name: name, x: try blocks(name, units), arguments: [.address(from), .address(to), .int64(units)])
  }
}
