import Programs
import Quantities
import RealModule
import Workloads

extension ProgramExecutor {
  /// How many states each query token has: one a sequence and query head.
  private var statesPerToken: Int { workload.batch * workload.shape.queryHeads }
  private var width: Int { workload.shape.valueDim }

  /// Does what a kernel does.
  mutating func compute(_ action: Action, _ slices: [Slice], _ index: Int) throws(ExecutionError) {
    switch action {
    case .launch: return
    case .attend: try attend(slices, index)
    case .attendInto: try attendInto(slices, index)
    case .rescale: try rescale(slices, index)
    case .normalise: try normalise(slices, index)
    case .reduce(let reduction): try reduce(reduction, slices, index)
    case .expandHeads: try expandHeads(slices, index)
    case .copy: try copy(slices, index)
    }
  }

  private func bad(_ index: Int, _ expected: String) -> ExecutionError {
    .badOperands(operation: program.line(ofOperation: index), expected: expected)
  }

  // MARK: Attention

  /// Which tokens an attend kernel's queries and so many blocks of keys are of.
  private func attention(_ index: Int, queries: Slice, blocks: Int) throws(ExecutionError) -> AttendedTokens {
    guard let attention = program.attention(of: OperationID(Int32(index))), attention.keys.count == blocks else {
      throw bad(index, "a statement of the tokens of its queries and of \(blocks) blocks of keys")
    }
    guard Int(queries.count) == statesPerToken * attention.queries.count * workload.shape.keyDim else {
      throw bad(index, "queries of the \(attention.queries.count) tokens \(attention.queries)")
    }
    return attention
  }

  /// The state of every head and query token over a block of keys and values, folded into what is there already.
  private func fold(
    _ states: inout [SoftmaxState<Scalar>], queries: ArraySlice<Scalar>, keys: Slice, values: Slice,
    _ attention: AttendedTokens, block place: Int, _ shape: AttentionShape, _ index: Int
  ) throws(ExecutionError) {
    let perToken = workload.batch * shape.keyElementsPerToken
    guard Int(keys.count) % perToken == 0 else { throw bad(index, "keys of whole tokens of \(perToken) elements") }
    let block = KeyValueBlock(
      shape: shape, tokens: Int(keys.count) / perToken, keys: try memory.read(keys, by: index),
      values: try memory.read(values, by: index))
    guard block.values.count == workload.batch * block.tokens * shape.valueElementsPerToken else {
      throw bad(index, "values of as many tokens as keys")
    }
    let tokens = attention.keys[place]
    guard block.tokens == tokens.count else { throw bad(index, "keys of the \(tokens.count) tokens \(tokens)") }
    let group = workload.shape.queryHeads / shape.kvHeads
    let visible = attention.queries.runs.flatMap { $0 }.map {
      attention.mask.visibleKeys(ofQueryAt: $0, in: tokens)
    }
    // Query tokens run fastest within a head.
    for state in states.indices {
      let query = queries.dropFirst(state * shape.keyDim).prefix(shape.keyDim)
      states[state].fold(
        block, row: state / visible.count / group, query: query, visible: visible[state % visible.count])
    }
  }

  private func emptyStates(_ attention: AttendedTokens) -> [SoftmaxState<Scalar>] {
    [SoftmaxState<Scalar>](repeating: SoftmaxState(width: width), count: statesPerToken * attention.queries.count)
  }

  private mutating func attend(_ slices: [Slice], _ index: Int) throws(ExecutionError) {
    let outputCount = slices.count % 2 == 0 ? 1 : 2
    guard slices.count > 2 + outputCount else { throw bad(index, "queries, blocks of keys and values, and outputs") }
    let queries = try memory.read(slices[0], by: index)
    let attention = try attention(index, queries: slices[0], blocks: (slices.count - 1 - outputCount) / 2)
    var states = emptyStates(attention)
    for place in stride(from: 1, to: slices.count - outputCount, by: 2) {
      try fold(
        &states, queries: queries, keys: slices[place], values: slices[place + 1], attention, block: place / 2,
        workload.shape, index)
    }
    if outputCount == 2 {
      try memory.write(states.flatMap(\.output), to: slices[slices.count - 2], by: index)
      try memory.write(states.map(\.logSumExp), to: slices[slices.count - 1], by: index)
      return
    }
    let target = slices[slices.count - 1]
    let packed: [Scalar]
    switch Int(target.count) - states.count * width {
    case 0: packed = states.flatMap(\.output)
    case states.count: packed = states.flatMap { $0.output + [$0.logSumExp] }
    case 2 * states.count: packed = states.flatMap { $0.numerators + [$0.maximum, $0.denominator] }
    default: throw bad(index, "an output, with one or two scalars a head or with none")
    }
    try memory.write(packed, to: target, by: index)
  }

  private mutating func attendInto(_ slices: [Slice], _ index: Int) throws(ExecutionError) {
    guard slices.count == 5 else { throw bad(index, "queries, keys, values, numerators, and maxima with denominators") }
    let attention = try attention(index, queries: slices[0], blocks: 1)
    var states = emptyStates(attention)
    guard Int(slices[3].count) == states.count * width, Int(slices[4].count) == 2 * states.count else {
      throw bad(index, "numerators, and maxima with denominators, for every head and query token")
    }
    if try !memory.isFresh(slices[3], by: index) {
      let numerators = Array(try memory.read(slices[3], by: index))
      let scalars = Array(try memory.read(slices[4], by: index))
      for head in states.indices {
        states[head] = SoftmaxState(
          maximum: scalars[head], denominator: scalars[states.count + head],
          numerators: Array(numerators[head * width..<(head + 1) * width]))
      }
    }
    try fold(
      &states, queries: try memory.read(slices[0], by: index), keys: slices[1], values: slices[2], attention, block: 0,
      rotatingShape, index)
    try memory.write(states.flatMap(\.numerators), to: slices[3], by: index)
    try memory.write(states.map(\.maximum) + states.map(\.denominator), to: slices[4], by: index)
  }

  // MARK: Combining

  /// n = o·e^(lse−m), d = e^(lse−m).
  private mutating func rescale(_ slices: [Slice], _ index: Int) throws(ExecutionError) {
    guard let last = slices.last else { throw bad(index, "a maximum for every head") }
    let maxima = Array(try memory.read(last, by: index))
    let scalarCount = maxima.count
    func factor(_ head: Int, _ logSumExp: Scalar) -> Scalar {
      logSumExp > -.infinity ? Scalar.exp(logSumExp - maxima[head]) : 0
    }
    if slices.count == 3 {
      let outputs = Array(try memory.read(slices[0], by: index))
      let factors = try memory.read(slices[1], by: index).enumerated().map { factor($0, $1) }
      guard outputs.count == scalarCount * width, factors.count == scalarCount else {
        throw bad(index, "an output and an LSE for every head")
      }
      try memory.write(outputs.indices.map { outputs[$0] * factors[$0 / width] }, to: slices[0], by: index)
      try memory.write(factors, to: slices[1], by: index)
    } else {
      var packed = Array(try memory.read(slices[0], by: index))
      guard packed.count == scalarCount * (width + 1) else {
        throw bad(index, "a packed output and LSE for every head")
      }
      for head in 0..<scalarCount {
        let start = head * (width + 1)
        let weight = factor(head, packed[start + width])
        for place in start..<start + width { packed[place] *= weight }
        packed[start + width] = weight
      }
      try memory.write(packed, to: slices[0], by: index)
    }
  }

  /// z = n/d; the denominators come last among the scalars of a head or of all heads.
  private mutating func normalise(_ slices: [Slice], _ index: Int) throws(ExecutionError) {
    var output: [Scalar] = []
    func divide(_ numerators: ArraySlice<Scalar>, _ denominator: Scalar) {
      for numerator in numerators { output.append(denominator > 0 ? numerator / denominator : 0) }
    }
    let first = try memory.read(slices[0], by: index)
    let target = slices[slices.count - 1]
    let scalarCount = Int(target.count) / width
    guard scalarCount > 0, scalarCount * width == Int(target.count) else {
      throw bad(index, "an output of whole heads of \(width) elements")
    }
    if slices.count == 3 {
      let scalars = try memory.read(slices[1], by: index)
      guard first.count == scalarCount * width, scalars.count >= scalarCount else {
        throw bad(index, "numerators and denominators for every head")
      }
      for (head, denominator) in scalars.suffix(scalarCount).enumerated() {
        divide(first.dropFirst(head * width).prefix(width), denominator)
      }
    } else {
      let stride = first.count / scalarCount
      guard stride * scalarCount == first.count, stride > width else { throw bad(index, "a packed state a head") }
      for head in 0..<scalarCount {
        let state = first.dropFirst(head * stride).prefix(stride)
        divide(state.prefix(width), state[state.endIndex - 1])
      }
    }
    try memory.write(output, to: target, by: index)
  }

  private mutating func reduce(_ reduction: Reduction, _ slices: [Slice], _ index: Int) throws(ExecutionError) {
    var target = Array(try memory.read(slices[0], by: index))
    let source = Array(try memory.read(slices[1], by: index))
    guard target.count == source.count else { throw bad(index, "two slices of equal size") }
    guard reduction != .onlineSoftmax || target.count % (width + 2) == 0 else {
      throw bad(index, "packed states of whole heads")
    }
    Self.combine(reduction, &target, source, width: width)
    try memory.write(target, to: slices[0], by: index)
  }

  /// Combines equally many numbers into others; those of online softmax are packed states of value dim `width`.
  static func combine(_ reduction: Reduction, _ target: inout [Scalar], _ source: [Scalar], width: Int) {
    switch reduction {
    case .maximum: for place in target.indices { target[place] = max(target[place], source[place]) }
    case .sum: for place in target.indices { target[place] += source[place] }
    case .onlineSoftmax:
      for start in stride(from: 0, to: target.count, by: width + 2) {
        var state = Self.state(target[start..<start + width + 2])
        state.merge(Self.state(source[start..<start + width + 2]))
        target.replaceSubrange(
          start..<start + width + 2, with: state.numerators + [state.maximum, state.denominator])
      }
    }
  }

  private static func state(_ packed: ArraySlice<Scalar>) -> SoftmaxState<Scalar> {
    SoftmaxState(
      maximum: packed[packed.endIndex - 2], denominator: packed[packed.endIndex - 1],
      numerators: Array(packed.dropLast(2)))
  }

  // MARK: Moving

  private mutating func expandHeads(_ slices: [Slice], _ index: Int) throws(ExecutionError) {
    let shape = workload.shape
    let source = try memory.read(slices[0], by: index)
    let perToken = workload.batch * shape.cacheElementsPerToken
    guard source.count % perToken == 0 else { throw bad(index, "keys and values of whole tokens") }
    let tokens = source.count / perToken
    let keys = source.prefix(workload.batch * tokens * shape.keyElementsPerToken)
    let block = KeyValueBlock(shape: shape, tokens: tokens, keys: keys, values: source.dropFirst(keys.count))
    let group = shape.queryHeads / shape.kvHeads
    var expanded: [Scalar] = []
    for head in 0..<statesPerToken {
      let start = block.key(row: head / group, token: 0)
      expanded += keys[start..<start + tokens * shape.keyDim]
    }
    for head in 0..<statesPerToken {
      for token in 0..<tokens {
        for element in 0..<width { expanded.append(block.value(row: head / group, token: token, element)) }
      }
    }
    try memory.write(
      expanded, to: slices[1], isCopy: memory.haveOneType(slices[0], slices[1]), by: index)
  }

  /// Copies a slice, or of packed outputs the LSE of each head.
  private mutating func copy(_ slices: [Slice], _ index: Int) throws(ExecutionError) {
    let source = try memory.read(slices[0], by: index)
    guard slices[0].count != slices[1].count else {
      try memory.write(
        source, to: slices[1], isCopy: memory.haveOneType(slices[0], slices[1]), by: index)
      return
    }
    let scalarCount = Int(slices[1].count)
    guard source.count == scalarCount * (width + 1) else {
      throw bad(index, "two slices of equal size, or packed outputs and their LSEs")
    }
    let scalars = (0..<scalarCount).map { source[source.startIndex + $0 * (width + 1) + width] }
    try memory.write(scalars, to: slices[1], by: index)
  }
}
