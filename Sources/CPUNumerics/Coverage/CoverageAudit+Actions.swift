import Programs
import Workloads

extension CoverageAudit {
  typealias Run = CoverageMemory.Run

  /// Every query head of every sequence.
  var headCount: Int { workload.batch * workload.shape.queryHeads }
  var width: Int { workload.shape.valueDim }

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

  /// The term of each head in runs that should hold `width` elements a head, each in its place; the rest is wrong.
  func headTerms(_ runs: [Run], width: Int, heads: Int? = nil) -> [CoverageTerm] {
    let count = heads ?? headCount
    if runs.count == 1, runs[0].index == 0, runs[0].end == Int64(count * width) {
      return [CoverageTerm](repeating: runs[0].term, count: count)
    }
    var terms = [CoverageTerm](repeating: .wrong, count: count)
    var place = 0
    for head in 0..<count {
      let start = Int64(head * width)
      while place < runs.count, runs[place].end <= start { place += 1 }
      guard place < runs.count, runs[place].end >= start + Int64(width), runs[place].index(at: start) == start else {
        continue
      }
      terms[head] = runs[place].term
    }
    return terms
  }

  /// Runs that hold `width` elements of each head's term.
  func runs(_ terms: [CoverageTerm], width: Int) -> [Run] {
    var runs: [Run] = []
    for (head, term) in terms.enumerated() {
      let start = Int64(head * width)
      CoverageMemory.append(Run(start: start, end: start + Int64(width), term: term, index: start), to: &runs)
    }
    return runs
  }

  /// Runs that hold, a head at a time, `width` elements of the first term and one of each other.
  func packed(_ terms: [[CoverageTerm]]) -> [Run] {
    var runs: [Run] = []
    var next: Int64 = 0
    for (head, parts) in terms.enumerated() {
      for (place, term) in parts.enumerated() {
        let size = place == 0 ? Int64(width) : 1
        CoverageMemory.append(
          Run(start: next, end: next + size, term: term, index: Int64(head) * size), to: &runs)
        next += size
      }
    }
    return runs
  }

  /// The terms of each head in packed runs: of its elements, then of each scalar.
  func unpacked(_ runs: [Run], scalars: Int) -> [[CoverageTerm]] {
    var place = 0
    return (0..<headCount).map { head in
      (0...scalars).map { part -> CoverageTerm in
        let start = Int64(head * (width + scalars) + (part == 0 ? 0 : width + part - 1))
        let size = part == 0 ? Int64(width) : 1
        while place < runs.count, runs[place].end <= start { place += 1 }
        guard place < runs.count, runs[place].end >= start + size,
          runs[place].index(at: start) == Int64(head) * size
        else { return .wrong }
        return runs[place].term
      }
    }
  }

  // MARK: Attention

  private mutating func attend(_ slices: [Slice], _ node: Int32) {
    let outputs = Action.attendOutputs(of: slices.count)
    var heads = [Int32?](repeating: CoverageNames.noTokens, count: headCount)
    for place in stride(from: 1, to: slices.count - outputs, by: 2) {
      fold(&heads, slices[0], keys: slices[place], values: slices[place + 1], workload.shape, node)
    }
    let target = slices[slices.count - 1]
    func terms(_ make: (Int32) -> CoverageTerm) -> [CoverageTerm] { heads.map { $0.map(make) ?? .wrong } }
    if outputs == 2 {
      put(runs(terms { .output(tokens: $0) }, width: width), slices[slices.count - 2], node)
      put(runs(terms { .logSumExp(tokens: $0) }, width: 1), target, node)
      return
    }
    switch Int(target.count) - headCount * width {
    case 0: put(runs(terms { .output(tokens: $0) }, width: width), target, node)
    case headCount:
      put(
        packed(heads.map { $0.map { [.output(tokens: $0), .logSumExp(tokens: $0)] } ?? [.wrong, .wrong] }), target, node
      )
    default: put(packed(heads.map { state($0) }), target, node)
    }
  }

  /// The numerators, maximum and denominator of a state over some tokens.
  private mutating func state(_ tokens: Int32?) -> [CoverageTerm] {
    guard let tokens else { return [.wrong, .wrong, .wrong] }
    let scale = names.number(of: .logits(tokens: tokens))
    return [
      .numerators(tokens: tokens, scale: scale), .maximum(scale), .denominators(tokens: tokens, scale: scale),
    ]
  }

  /// The tokens of a state; nil where its parts are not those of one.
  private func tokens(ofState parts: [CoverageTerm]) -> Int32? {
    guard case .numerators(let tokens, let scale) = parts[0], parts[1] == .maximum(scale),
      parts[2] == .denominators(tokens: tokens, scale: scale), names.maxima[Int(scale)] == .logits(tokens: tokens)
    else { return nil }
    return tokens
  }

  private mutating func attendInto(_ slices: [Slice], _ node: Int32) {
    var heads = [Int32?](repeating: CoverageNames.noTokens, count: headCount)
    if !memory.isFresh(slices[3]) {
      let numerators = headTerms(read(slices[3], node), width: width)
      let scalars = read(slices[4], node)
      let count = Int64(headCount)
      func half(_ first: Bool) -> [CoverageTerm] {
        var half: [Run] = []
        for run in scalars {
          let (start, end) = first ? (run.start, min(run.end, count)) : (max(run.start, count), run.end)
          guard start < end else { continue }
          let base = first ? 0 : count
          half.append(Run(start: start - base, end: end - base, term: run.term, index: run.index(at: start)))
        }
        return headTerms(half, width: 1)
      }
      let (maxima, denominators) = (half(true), half(false))
      for head in heads.indices { heads[head] = tokens(ofState: [numerators[head], maxima[head], denominators[head]]) }
      complain(heads.contains(nil), numerators + maxima + denominators, "folds keys into what is no state", node)
    }
    fold(&heads, slices[0], keys: slices[1], values: slices[2], rotatingShape, node)
    let states = heads.map { state($0) }
    put(runs(states.map { $0[0] }, width: width), slices[3], node)
    var scalars = runs(states.map { $0[1] }, width: 1)
    for var run in runs(states.map { $0[2] }, width: 1) {
      run.start += Int64(headCount)
      run.end += Int64(headCount)
      scalars.append(run)
    }
    put(scalars, slices[4], node)
  }

  /// Adds to each head the tokens of a block of keys and values; nil where the block means nothing.
  ///
  /// A causal mask would enter here: tokens are then those of a rectangle of queries and keys, clipped.
  private mutating func fold(
    _ heads: inout [Int32?], _ queries: Slice, keys: Slice, values: Slice, _ shape: AttentionShape, _ node: Int32
  ) {
    let wanted = Run(start: 0, end: Int64(headCount * shape.keyDim), term: .queries, index: 0)
    let found = read(queries, node)
    guard found == [wanted] else {
      complain(true, found.map(\.term), "attends with what are not the queries", node)
      heads = heads.map { _ in nil }
      return
    }
    guard keys.count > 0 || values.count > 0 else { return }
    let block = CoverageBlock(
      shape: shape, expanded: shape != workload.shape, batch: workload.batch, blocks: blocks, keys: read(keys, node),
      values: read(values, node), keyCount: keys.count)
    let rows = block.tokensByRow
    complain(
      rows.contains(nil), (block.keys + block.values).map(\.term), "attends to what are not keys with their values",
      node)
    let group = workload.shape.queryHeads / shape.kvHeads
    var numbers: [Int32?] = []
    for (row, runs) in rows.enumerated() {
      // As a rule all rows have the same tokens.
      if row > 0, runs == rows[row - 1] {
        numbers.append(numbers[row - 1])
      } else {
        numbers.append(runs.map { names.number(of: $0) })
      }
    }
    for head in heads.indices {
      guard let tokens = numbers[head / group], let before = heads[head] else {
        heads[head] = nil
        continue
      }
      heads[head] = names.sum(before, tokens)
    }
  }

  // MARK: Combining

  private mutating func rescale(_ slices: [Slice], _ node: Int32) {
    let maxima = headTerms(read(slices[slices.count - 1], node), width: 1)
    let isPacked = slices.count == 2
    let first = read(slices[0], node)
    let parts =
      isPacked
      ? unpacked(first, scalars: 1)
      : zip(headTerms(first, width: width), headTerms(read(slices[1], node), width: 1)).map { [$0, $1] }
    var lacking = false
    let scaled = parts.indices.map { head -> [CoverageTerm] in
      guard case .output(let tokens) = parts[head][0], parts[head][1] == .logSumExp(tokens: tokens),
        let scale = scale(maxima[head])
      else { return [.wrong, .wrong] }
      if tokens != CoverageNames.noTokens, case .logSumExps(let sets) = names.maxima[Int(scale)], !sets.contains(tokens)
      {
        lacking = true
      }
      return [.numerators(tokens: tokens, scale: scale), .denominators(tokens: tokens, scale: scale)]
    }
    complain(
      scaled.contains { $0[0] == .wrong }, maxima + parts.flatMap { $0 },
      "rescales what are not an output, its LSE and a maximum of LSEs", node)
    if lacking { find("\(place(node)) scales by a maximum that leaves its own LSE out") }
    if isPacked {
      put(packed(scaled), slices[0], node)
    } else {
      put(runs(scaled.map { $0[0] }, width: width), slices[0], node)
      put(runs(scaled.map { $0[1] }, width: 1), slices[1], node)
    }
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
    let first = read(slices[0], node)
    let parts: [[CoverageTerm]]
    if slices.count == 3 {
      // Denominators come last among the scalars of all heads.
      let all = slices[1]
      let count = min(Int64(headCount), all.count)
      let scalars = Slice(all.buffer, offset: all.offset + all.count - count, count: count)
      parts = zip(headTerms(first, width: width), headTerms(read(scalars, node), width: 1)).map { [$0, $1] }
    } else {
      let scalars = Int(slices[0].count) / max(headCount, 1) - width
      guard scalars >= 1 else {
        put(Self.wrong(slices[1].count), slices[1], node)
        return find("\(place(node)) divides what is no packed state")
      }
      parts = unpacked(first, scalars: scalars).map { [$0[0], $0[scalars]] }
    }
    let outputs = parts.map { part -> CoverageTerm in
      guard case .numerators(let tokens, let scale) = part[0], part[1] == .denominators(tokens: tokens, scale: scale)
      else { return .wrong }
      return .output(tokens: tokens)
    }
    complain(
      outputs.contains(.wrong), parts.flatMap { $0 }, "divides numerators by what are not their denominators", node)
    put(runs(outputs, width: width), slices[slices.count - 1], node)
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
      return .numerators(tokens: names.sum(left, right), scale: maximum)
    case (.sum, .denominators(let left, let maximum), .denominators(let right, let other)) where maximum == other:
      return .denominators(tokens: names.sum(left, right), scale: maximum)
    case (.maximum, _, _):
      guard let left = scale(first), let right = scale(second), case .logSumExps(let some) = names.maxima[Int(left)],
        case .logSumExps(let others) = names.maxima[Int(right)]
      else { return nil }
      return .maximum(names.number(of: .logSumExps(some.union(others))))
    default: return nil
    }
  }

  /// Merges packed states, which may be those of a few heads only.
  private mutating func mergeStates(_ slices: [Slice], _ node: Int32) {
    let (target, source) = (read(slices[0], node), read(slices[1], node))
    let size = Int64(width + 2)
    var result: [Run] = []
    var failed = slices[0].count != slices[1].count || slices[0].count % size != 0
    var (left, right) = (0, 0)
    for start in stride(from: 0, to: slices[0].count, by: Int(size)) where !failed {
      let first = packedState(target, at: start, &left)
      let second = packedState(source, at: start, &right)
      guard let first, let second, first.head == second.head else {
        failed = true
        break
      }
      let parts = state(names.sum(first.tokens, second.tokens))
      for (place, part) in parts.enumerated() {
        let offset = place == 0 ? start : start + Int64(width + place - 1)
        let count = place == 0 ? Int64(width) : 1
        CoverageMemory.append(
          Run(start: offset, end: offset + count, term: part, index: first.head * count), to: &result)
      }
    }
    complain(failed, (target + source).map(\.term), "merges what are not states of the same heads", node)
    put(failed ? Self.wrong(slices[0].count) : result, slices[0], node)
  }

  /// The head and the tokens of the packed state that begins at an element.
  private func packedState(_ runs: [Run], at start: Int64, _ place: inout Int) -> (head: Int64, tokens: Int32)? {
    var parts: [CoverageTerm] = []
    var head: Int64?
    for part in 0..<3 {
      let element = part == 0 ? start : start + Int64(width + part - 1)
      let count = part == 0 ? Int64(width) : 1
      while place < runs.count, runs[place].end <= element { place += 1 }
      guard place < runs.count, runs[place].end >= element + count else { return nil }
      let index = runs[place].index(at: element)
      guard index % count == 0, head == nil || head == index / count else { return nil }
      head = index / count
      parts.append(runs[place].term)
    }
    guard let head, let tokens = tokens(ofState: parts) else { return nil }
    return (head, tokens)
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

  /// Copies a slice, or of packed outputs the LSE of each head.
  private mutating func copy(_ slices: [Slice], _ node: Int32) {
    let source = read(slices[0], node)
    guard slices[0].count != slices[1].count else { return memory.write(source, to: slices[1]) }
    guard Int(slices[0].count) == headCount * (width + 1), Int(slices[1].count) == headCount else {
      find("\(place(node)) copies \(slices[0].count) elements to \(slices[1].count)")
      return memory.write(Self.wrong(slices[1].count), to: slices[1])
    }
    put(runs(unpacked(source, scalars: 1).map { $0[1] }, width: 1), slices[1], node)
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
