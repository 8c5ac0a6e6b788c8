import Programs
import Quantities
import Workloads

extension CoverageAudit {
  typealias Run = CoverageMemory.Run

  /// Every query head of every sequence: the states of a query token.
  var headCount: Int { workload.batch * workload.shape.queryHeads }
  var width: Int64 { Int64(workload.shape.valueDim) }

  /// Does to terms what a kernel does to numbers.
  mutating func compute(_ action: Action, _ slices: [Slice], _ node: Int32) {
    guard action.takes(operands: slices.count) else { return }
    switch action {
    case .launch: return
    case .attend: attend(slices, node)
    case .attendInto: attendInto(slices, node)
    case .rescale: rescale(slices, node)
    case .normalise: normalise(slices, node)
    case .reduce(.onlineSoftmax): mergeStates(slices, node)
    case .reduce(let reduction): reduce(reduction, slices, node)
    case .expandHeads: expandHeads(slices, node)
    case .copy: copy(slices, node)
    }
  }

  // MARK: Attention

  private mutating func attend(_ slices: [Slice], _ node: Int32) {
    let outputs = Action.attendOutputs(of: slices.count)
    let places = stride(from: 1, to: slices.count - outputs, by: 2)
    let targets = slices.suffix(outputs)
    guard let attention = attention(slices[0], blocks: (slices.count - 1 - outputs) / 2, node) else {
      for target in targets { put(Self.wrong(target.count), target, node) }
      return
    }
    let count = Int64(headCount * attention.queries.count)
    var tokens = StatePieces(.output(tokens: CoverageNames.noTokens), count: count)
    for place in places {
      tokens = folded(
        tokens, attention, block: place / 2, keys: slices[place], values: slices[place + 1], workload.shape, node)
    }
    func made(_ make: (Int32) -> CoverageTerm) -> StatePieces {
      StatePieces.map([tokens], outputs: 1) { terms in
        if case .output(let tokens) = terms[0] { [make(tokens)] } else { [.wrong] }
      }[0]
    }
    let target = slices[slices.count - 1]
    if outputs == 2 {
      put(tokens.runs(size: width), slices[slices.count - 2], node)
      put(made { .logSumExp(tokens: $0) }.runs(size: 1), target, node)
      return
    }
    switch target.count - count * width {
    case 0: put(tokens.runs(size: width), target, node)
    case count: put(made { .packedOutputs(tokens: $0) }.runs(size: width + 1), target, node)
    default: put(made { .packedStates(tokens: $0) }.runs(size: width + 2), target, node)
    }
  }

  /// The numerators, maximum and denominator of a state over some tokens.
  private mutating func state(_ tokens: Int32) -> [CoverageTerm] {
    let scale = names.number(of: .logits(tokens: tokens))
    return [
      .numerators(tokens: tokens, scale: scale), .maximum(scale), .denominators(tokens: tokens, scale: scale),
    ]
  }

  /// What a state is attention to; wrong where its parts are not those of one.
  private func output(ofState parts: [CoverageTerm]) -> CoverageTerm {
    guard case .numerators(let tokens, let scale) = parts[0], parts[1] == .maximum(scale),
      parts[2] == .denominators(tokens: tokens, scale: scale), names.maxima[Int(scale)] == .logits(tokens: tokens)
    else { return .wrong }
    return .output(tokens: tokens)
  }

  private mutating func attendInto(_ slices: [Slice], _ node: Int32) {
    guard let attention = attention(slices[0], blocks: 1, node) else {
      for target in slices[3...] { put(Self.wrong(target.count), target, node) }
      return
    }
    let count = Int64(headCount * attention.queries.count)
    var tokens = StatePieces(.output(tokens: CoverageNames.noTokens), count: count)
    if !memory.isFresh(slices[3]) {
      let scalars = slices[4]
      let half = min(count, scalars.count)
      let maxima = Slice(scalars.buffer, offset: scalars.offset, count: half)
      let denominators = Slice(scalars.buffer, offset: scalars.offset + half, count: scalars.count - half)
      let parts = [
        StatePieces(read(slices[3], node), size: width, count: count),
        StatePieces(read(maxima, node), size: 1, count: count),
        StatePieces(read(denominators, node), size: 1, count: count),
      ]
      tokens = StatePieces.map(parts, outputs: 1) { [output(ofState: $0)] }[0]
      complain(tokens.terms.contains(.wrong), parts.flatMap(\.terms), "folds keys into what is no state", node)
    }
    tokens = folded(tokens, attention, block: 0, keys: slices[1], values: slices[2], rotatingShape, node)
    let states = StatePieces.map([tokens], outputs: 3) { terms in
      if case .output(let tokens) = terms[0] { state(tokens) } else { [.wrong, .wrong, .wrong] }
    }
    put(states[0].runs(size: width), slices[3], node)
    var scalars = states[1].runs(size: 1)
    for var run in states[2].runs(size: 1) {
      run.start += count
      run.end += count
      scalars.append(run)
    }
    put(scalars, slices[4], node)
  }

  /// What a kernel says that it attends to, with the queries that its operand holds; nil where these are none.
  private mutating func attention(_ queries: Slice, blocks: Int, _ node: Int32) -> AttendedTokens? {
    let found = read(queries, node)
    guard found.count == 1, case .queries(let number) = found[0].term, found[0].index == 0,
      case let held = names.queries[Int(number)],
      found[0].end == Int64(headCount * held.count * workload.shape.keyDim)
    else {
      complain(true, found.map(\.term), "attends with what are not the queries", node)
      return nil
    }
    guard var attention = program.attention(of: OperationID(node)), attention.keys.count == blocks else {
      find("\(place(node)) does not say which tokens its \(blocks) blocks of keys are of")
      return nil
    }
    if attention.queries != held {
      find("\(place(node)) says queries \(attention.queries), its operand holds \(held)")
      attention.queries = held
    }
    if attention.mask != workload.mask {
      find("\(place(node)) says the mask is \(attention.mask.rawValue), that of the step is \(workload.mask.rawValue)")
    }
    return attention
  }

  /// Adds to each state the tokens of a block of keys and values, which must be those that its kernel says they are.
  private mutating func folded(
    _ states: StatePieces, _ attention: AttendedTokens, block place: Int, keys: Slice, values: Slice,
    _ shape: AttentionShape, _ node: Int32
  ) -> StatePieces {
    let said = attention.keys[place]
    let block = CoverageBlock(
      shape: shape, expanded: shape != workload.shape, batch: workload.batch, blocks: blocks, keys: read(keys, node),
      values: read(values, node), keyCount: keys.count)
    let rows = block.tokensByRow
    complain(
      rows.contains(nil), (block.keys + block.values).map(\.term), "attends to what are not keys with their values",
      node)
    if let held = rows.lazy.compactMap({ $0 }).first(where: { $0 != said.runs }) {
      let names = held.map { TokenRuns($0).description }.joined(separator: ", ")
      find("\(self.place(node)) says keys \(said), its operand holds \(held.isEmpty ? "none" : names)")
    }
    let group = workload.shape.queryHeads / shape.kvHeads
    let queryCount = attention.queries.count
    var added = StatePieces()
    for (row, held) in rows.enumerated() {
      let term: CoverageTerm
      if row > 0, held == rows[row - 1] {
        // As a rule all rows have the same tokens.
        term = added.pieces[added.pieces.count - 1].term
      } else {
        term =
          held.map {
            .output(tokens: names.number(of: CoveredTokens(queries: attention.queries, keys: TokenCounts($0))))
          } ?? .wrong
      }
      added.add(term, upTo: Int64((row + 1) * group * queryCount))
    }
    return StatePieces.map([states, added], outputs: 1) { terms in
      guard case .output(let before) = terms[0], case .output(let tokens) = terms[1],
        let sum = names.sum(before, tokens)
      else { return [.wrong] }
      return [.output(tokens: sum)]
    }[0]
  }

  // MARK: Combining

  private mutating func rescale(_ slices: [Slice], _ node: Int32) {
    let scalars = slices[slices.count - 1]
    let count = scalars.count
    let maxima = StatePieces(read(scalars, node), size: 1, count: count)
    let isPacked = slices.count == 2
    var parts = [maxima, StatePieces(read(slices[0], node), size: isPacked ? width + 1 : width, count: count)]
    if !isPacked { parts.append(StatePieces(read(slices[1], node), size: 1, count: count)) }
    var lacking = false
    let scaled = StatePieces.map(parts, outputs: 2) { terms -> [CoverageTerm] in
      let tokens: Int32
      switch terms[1] {
      case .packedOutputs(let some) where isPacked: tokens = some
      case .output(let some) where !isPacked && terms[2] == .logSumExp(tokens: some): tokens = some
      default: return [.wrong, .wrong]
      }
      guard let scale = scale(terms[0]) else { return [.wrong, .wrong] }
      if tokens != CoverageNames.noTokens, case .logSumExps(let sets) = names.maxima[Int(scale)], !sets.contains(tokens)
      {
        lacking = true
      }
      return isPacked
        ? [.packedSums(tokens: tokens, scale: scale), .wrong]
        : [.numerators(tokens: tokens, scale: scale), .denominators(tokens: tokens, scale: scale)]
    }
    complain(
      scaled[0].terms.contains(.wrong), parts.flatMap(\.terms),
      "rescales what are not an output, its LSE and a maximum of LSEs", node)
    if lacking { find("\(place(node)) scales by a maximum that leaves its own LSE out") }
    put(scaled[0].runs(size: isPacked ? width + 1 : width), slices[0], node)
    if !isPacked { put(scaled[1].runs(size: 1), slices[1], node) }
  }

  /// The scale that a maximum of LSEs gives; one LSE is its own.
  private mutating func scale(_ term: CoverageTerm) -> Int32? {
    switch term {
    case .logSumExp(let tokens): return names.number(of: .logSumExps([tokens]))
    case .maximum(let number):
      if case .logSumExps = names.maxima[Int(number)] { return number }
      return nil
    default: return nil
    }
  }

  private mutating func normalise(_ slices: [Slice], _ node: Int32) {
    let target = slices[slices.count - 1]
    let count = target.count / width
    let isPacked = slices.count == 2
    let size = isPacked ? slices[0].count / max(count, 1) : width
    guard count * width == target.count, count * size == slices[0].count, !isPacked || size > width else {
      put(Self.wrong(target.count), target, node)
      return find("\(place(node)) divides what are no states of whole heads")
    }
    var parts = [StatePieces(read(slices[0], node), size: size, count: count)]
    if !isPacked {
      // Denominators come last among the scalars of all states.
      let all = slices[1]
      let last = min(count, all.count)
      let denominators = Slice(all.buffer, offset: all.offset + all.count - last, count: last)
      parts.append(StatePieces(read(denominators, node), size: 1, count: count))
    }
    let scalars = size - width
    let outputs = StatePieces.map(parts, outputs: 1) { terms -> [CoverageTerm] in
      switch terms[0] {
      case .packedSums(let tokens, _) where isPacked && scalars == 1: [.output(tokens: tokens)]
      case .packedStates(let tokens) where isPacked && scalars == 2: [.output(tokens: tokens)]
      case .numerators(let tokens, let scale)
      where !isPacked && terms[1] == .denominators(tokens: tokens, scale: scale):
        [.output(tokens: tokens)]
      default: [.wrong]
      }
    }[0]
    complain(
      outputs.terms.contains(.wrong), parts.flatMap(\.terms), "divides numerators by what are not their denominators",
      node)
    put(outputs.runs(size: width), target, node)
  }

  private mutating func reduce(_ reduction: Reduction, _ slices: [Slice], _ node: Int32) {
    let (target, source) = (read(slices[0], node), read(slices[1], node))
    var result: [Run] = []
    var reason: String?
    var (left, right, next) = (0, 0, Int64(0))
    while left < target.count, right < source.count {
      let (first, second) = (target[left], source[right])
      let end = min(first.end, second.end)
      var term = CoverageTerm.wrong
      if first.term == .wrong || second.term == .wrong {
        term = .wrong
      } else if first.index(at: next) != second.index(at: next) {
        reason = "combines different elements"
      } else if let combined = combined(reduction, first.term, second.term) {
        term = combined
      } else {
        reason = "combines by '\(reduction.rawValue)' what does not go together"
      }
      CoverageMemory.append(Run(start: next, end: end, term: term, index: first.index(at: next)), to: &result)
      next = end
      if first.end == end { left += 1 }
      if second.end == end { right += 1 }
    }
    if let reason { find("\(place(node)) \(reason)") }
    put(result, slices[0], node)
  }

  private mutating func combined(
    _ reduction: Reduction, _ first: CoverageTerm, _ second: CoverageTerm
  ) -> CoverageTerm? {
    switch (reduction, first, second) {
    case (.sum, .numerators(let left, let maximum), .numerators(let right, let other)) where maximum == other:
      return names.sum(left, right).map { .numerators(tokens: $0, scale: maximum) }
    case (.sum, .denominators(let left, let maximum), .denominators(let right, let other)) where maximum == other:
      return names.sum(left, right).map { .denominators(tokens: $0, scale: maximum) }
    case (.sum, .packedSums(let left, let maximum), .packedSums(let right, let other)) where maximum == other:
      return names.sum(left, right).map { .packedSums(tokens: $0, scale: maximum) }
    case (.maximum, _, _):
      guard let left = scale(first), let right = scale(second), case .logSumExps(let some) = names.maxima[Int(left)],
        case .logSumExps(let others) = names.maxima[Int(right)]
      else { return nil }
      return .maximum(names.number(of: .logSumExps(some.union(others))))
    default: return nil
    }
  }

  /// Merges packed states, which may be only some of a tensor's.
  private mutating func mergeStates(_ slices: [Slice], _ node: Int32) {
    let (target, source) = (read(slices[0], node), read(slices[1], node))
    let size = width + 2
    var result: [Run] = []
    var failed = slices[0].count != slices[1].count || slices[0].count % size != 0
    var (left, right, next) = (0, 0, Int64(0))
    while !failed, left < target.count, right < source.count {
      let (first, second) = (target[left], source[right])
      let (end, index) = (min(first.end, second.end), first.index(at: next))
      guard case .packedStates(let own) = first.term, case .packedStates(let other) = second.term,
        index == second.index(at: next), index % size == 0, end % size == 0, let sum = names.sum(own, other)
      else {
        failed = true
        break
      }
      CoverageMemory.append(Run(start: next, end: end, term: .packedStates(tokens: sum), index: index), to: &result)
      next = end
      if first.end == end { left += 1 }
      if second.end == end { right += 1 }
    }
    complain(failed, (target + source).map(\.term), "merges what are not states of the same heads", node)
    put(failed ? Self.wrong(slices[0].count) : result, slices[0], node)
  }

  // MARK: Moving

  private mutating func expandHeads(_ slices: [Slice], _ node: Int32) {
    guard slices[0].count > 0 else { return }
    let source = read(slices[0], node)
    if source.count == 1, source[0].index == 0, case .cache(let owner, false) = source[0].term,
      source[0].end == Int64(blockElements(of: Int(owner), workload.shape))
    {
      let count = Int64(blockElements(of: Int(owner), rotatingShape))
      put([Run(start: 0, end: count, term: .cache(owner: owner, expanded: true), index: 0)], slices[1], node)
    } else {
      complain(true, source.map(\.term), "expands what is no rank's block of keys and values", node)
      put(Self.wrong(slices[1].count), slices[1], node)
    }
  }

  /// Copies a slice, or of packed outputs the LSE of each state.
  private mutating func copy(_ slices: [Slice], _ node: Int32) {
    let source = read(slices[0], node)
    guard slices[0].count != slices[1].count else { return memory.write(source, to: slices[1]) }
    let count = slices[1].count
    guard slices[0].count == count * (width + 1) else {
      find("\(place(node)) copies \(slices[0].count) elements to \(count)")
      return memory.write(Self.wrong(count), to: slices[1])
    }
    let packed = StatePieces(source, size: width + 1, count: count)
    let scalars = StatePieces.map([packed], outputs: 1) { terms in
      if case .packedOutputs(let tokens) = terms[0] { [.logSumExp(tokens: tokens)] } else { [.wrong] }
    }[0]
    complain(scalars.terms.contains(.wrong), packed.terms, "copies LSEs of what are not outputs with theirs", node)
    put(scalars.runs(size: 1), slices[1], node)
  }

  // MARK: Writing

  /// Writes what a kernel has made, which must fill its slice.
  private mutating func put(_ runs: [Run], _ slice: Slice, _ node: Int32) {
    let count = runs.last?.end ?? 0
    guard count == slice.count else {
      find("\(place(node)) makes \(count) elements for \(slice.count) of \(program.name(of: slice.buffer))")
      return memory.write(Self.wrong(slice.count), to: slice)
    }
    memory.write(runs, to: slice)
  }

  /// Notes a fault, unless it follows from one before it.
  private mutating func complain(_ isWrong: Bool, _ inputs: [CoverageTerm], _ reason: String, _ node: Int32) {
    // Where an input means nothing in itself the reason has been given; terms out of place are not such.
    if isWrong, !inputs.contains(.wrong) || faults.isEmpty { find("\(place(node)) \(reason)") }
  }
}
