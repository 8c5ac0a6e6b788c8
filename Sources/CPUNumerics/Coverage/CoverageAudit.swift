import Programs
import Quantities
import Workloads

/// What is wrong with what a program computes: which tokens reach each rank's output, and how often.
///
///     let audit = CoverageAudit(program, graph, workload: workload)
///     audit.faults.first  // "rank 3's output has tokens 20 to 39 twice and lacks tokens 60 to 79"
///
/// The program is run once with, for each element, where it comes from instead of a number (``CoverageTerm``): a copy or
/// a message moves terms, a kernel makes the term that its action makes of theirs, or a fault where they do not fit. So
/// every query token of every head of every sequence must have every token that the mask lets it see once, numerators must
/// meet denominators of the same tokens and the same maximum, and nothing may land in another element's place. Kernels must
/// say of their operands what these hold (``Programs/AttendedTokens``). It holds for any numbers, and where
/// ``ProgramAudit`` finds no race, for any order.
///
/// Which tokens a rank begins with, and whose output it makes, is what the program says of its input buffers
/// (``Programs/Program/heldTokens``).
///
/// - Complexity: O(runs of elements that are alike) for each operation, which are a few for each operand whatever the number
///   of tokens and queries: the mask is looked at only when all is done.
public struct CoverageAudit: Sendable {
  /// Whose keys and values each rank must hold when all is done.
  public enum Shards: Sendable, Hashable {
    /// Its own.
    case home
    /// Those of the rank after it, as two buffers and p − 1 hops leave them.
    case rotatedByOne
  }

  /// What is wrong; empty for a program that is right.
  public internal(set) var faults: [ProgramFault] = []
  /// The output of each rank, and the shard that it must hold: what matters when all is done.
  public private(set) var results: [Slice] = []
  /// What each message carries.
  public private(set) var contents: [MessageContent]

  let program: Program
  let workload: AttentionWorkload
  let rotatingShape: AttentionShape
  var memory: CoverageMemory
  var names = CoverageNames()
  /// The tokens whose keys and values each rank begins with.
  let blocks: [TokenRuns]
  /// The tokens whose output each rank makes.
  let queries: [TokenRuns]
  private var payloadNumbers: [[CoverageMemory.Run]: Int32] = [:]

  /// Audits a program.
  ///
  /// - Parameters:
  ///   - program: A program with its operands, whose structure ``ProgramAudit`` finds right.
  ///   - graph: Its order by rendezvous.
  ///   - workload: The step that it computes.
  ///   - shards: Whose keys and values each rank must hold when all is done.
  public init(_ program: Program, _ graph: ProgramGraph, workload: AttentionWorkload, shards: Shards = .home) {
    self.program = program
    self.workload = workload
    let expands = program.kernels.contains { $0.action == .expandHeads }
    rotatingShape = expands ? workload.shape.expanded : workload.shape
    memory = CoverageMemory(program)
    contents = program.messages.map { _ in MessageContent(content: -1, elements: -1, isNew: true) }
    var (blocks, queries) = (
      [TokenRuns](repeating: .none, count: program.worldSize), [TokenRuns](repeating: .none, count: program.worldSize)
    )
    for (index, buffer) in program.buffers.enumerated() {
      guard let tokens = program.tokens(heldBy: BufferID(Int32(index))) else { continue }
      switch program.labels[Int(buffer.label)] {
      case "queries": queries[Int(buffer.rank)] = tokens
      case "KV shard": blocks[Int(buffer.rank)] = tokens
      default: continue
      }
    }
    (self.blocks, self.queries) = (blocks, queries)
    load()
    for node in graph.order { visit(node) }
    checkQueries()
    for rank in 0..<program.worldSize {
      checkOutput(ofRank: rank)
      checkShard(of: shards == .home ? rank : (rank + 1) % program.worldSize, at: rank)
    }
  }

  // MARK: Running

  private mutating func load() {
    for (index, buffer) in program.buffers.enumerated() {
      guard let tokens = program.tokens(heldBy: BufferID(Int32(index))) else { continue }
      let elements: Int
      let term: CoverageTerm
      switch program.labels[Int(buffer.label)] {
      case "queries":
        elements = workload.batch * workload.shape.queryElements * tokens.count
        term = .queries(names.number(of: tokens))
      case "KV shard":
        elements = blockElements(of: Int(buffer.rank), workload.shape)
        term = .cache(owner: buffer.rank, expanded: false)
      default: continue
      }
      guard elements <= buffer.elements else {
        find(
          """
          \(program.name(of: BufferID(Int32(index)))) has \(buffer.elements) elements, expected \(elements) for tokens \
          \(tokens)
          """)
        continue
      }
      let slice = Slice(BufferID(Int32(index)), offset: 0, count: Int64(elements))
      if slice.count > 0 { memory.write([.init(start: 0, end: slice.count, term: term, index: 0)], to: slice) }
    }
  }

  private mutating func visit(_ node: Int32) {
    let subject = Int(program.subjects[Int(node)])
    switch program.kinds[Int(node)] {
    case .allocate: memory.allocate(subject)
    case .free: memory.free(subject)
    case .compute: compute(program.kernels[subject].action, operands(node), node)
    case .send, .receive:
      let message = program.messages[subject]
      guard message.send >= 0, message.receive >= 0, let source = operands(message.send).first,
        let target = operands(message.receive).first
      else { return }
      let carried = read(source, message.send)
      contents[subject] = MessageContent(
        content: number(of: carried), elements: number(of: Self.elements(carried)),
        isNew: memory.read(target) != carried)
      memory.write(carried, to: target)
    }
  }

  private func operands(_ operation: Int32) -> [Slice] { Array(program.operands(of: OperationID(operation))) }

  private mutating func number(of runs: [CoverageMemory.Run]) -> Int32 {
    if let known = payloadNumbers[runs] { return known }
    let number = Int32(payloadNumbers.count)
    payloadNumbers[runs] = number
    return number
  }

  /// The same runs without what tells partial results of the same elements apart.
  private static func elements(_ runs: [CoverageMemory.Run]) -> [CoverageMemory.Run] {
    var elements: [CoverageMemory.Run] = []
    for var run in runs {
      run.term = run.term.ofNoTokens
      CoverageMemory.append(run, to: &elements)
    }
    return elements
  }

  /// What a slice holds; where something has not been written, that is a fault and nothing that it holds counts.
  mutating func read(_ slice: Slice, _ operation: Int32) -> [CoverageMemory.Run] {
    if let runs = memory.read(slice) { return runs }
    find("\(place(operation)) reads \(program.name(of: slice.buffer)), where nothing has been written")
    return Self.wrong(slice.count)
  }

  /// So many elements that mean nothing.
  static func wrong(_ count: Int64) -> [CoverageMemory.Run] {
    count > 0 ? [.init(start: 0, end: count, term: .wrong, index: 0)] : []
  }

  mutating func find(_ description: String) { faults.append(ProgramFault(.coverage, description)) }

  func place(_ operation: Int32) -> String {
    "rank \(program.ranks[Int(operation)])'s \(program.line(ofOperation: Int(operation)))"
  }

  func blockElements(of rank: Int, _ shape: AttentionShape) -> Int {
    workload.batch * blocks[rank].count * shape.cacheElementsPerToken
  }

  // MARK: Results

  /// Some rank must make the output of each query.
  private mutating func checkQueries() {
    let held = TokenCounts(Set(queries).flatMap(\.runs))
    for gap in held.gaps(tokens: workload.tokens) where gap.upperBound > workload.tokens - workload.queryTokens {
      let first = max(gap.lowerBound, workload.tokens - workload.queryTokens)
      find("no rank has the queries of \(TokenCounts.name(first, gap.upperBound))")
    }
  }

  private mutating func checkOutput(ofRank rank: Int) {
    let own = queries[rank]
    guard !own.isEmpty else { return }
    let last = (0..<program.count).last { program.kinds[$0] == .compute && Int(program.ranks[$0]) == rank }
    guard let last, let slice = operands(Int32(last)).last, let runs = memory.read(slice) else {
      find("rank \(rank) writes no output")
      return
    }
    results.append(slice)
    let states = headCount * own.count
    guard slice.count == Int64(states) * width else {
      find("rank \(rank)'s output has \(slice.count) elements, expected \(Int64(states) * width)")
      return
    }
    for piece in StatePieces(runs, size: width, count: Int64(states)).pieces {
      check(piece.term, of: Int(piece.start)..<Int(piece.end), ofRank: rank)
    }
  }

  /// Says what is wrong with some states of a rank's output: whole heads at a time where they are alike.
  private mutating func check(_ term: CoverageTerm, of states: Range<Int>, ofRank rank: Int) {
    let own = queries[rank]
    var start = states.lowerBound
    while start < states.upperBound {
      let (head, first) = start.quotientAndRemainder(dividingBy: own.count)
      let wholeHeads = first == 0 ? (states.upperBound - start) / own.count : 0
      let end = wholeHeads > 0 ? start + wholeHeads * own.count : min(states.upperBound, (head + 1) * own.count)
      let local = wholeHeads > 0 ? 0..<own.count : first..<first + end - start
      let heads = headName(head, head + max(wholeHeads, 1))
      for complaint in complaints(of: term, own, local) { find("rank \(rank)\(complaint)\(heads)") }
      start = end
    }
  }

  /// What is wrong with the output of some of a rank's queries, as what follows its name.
  private func complaints(of term: CoverageTerm, _ own: TokenRuns, _ local: Range<Int>) -> [String] {
    let some = own.part(local)
    let isOne = workload.queryTokens == 1 || (workload.mask == .full && local.count == own.count)
    guard case .output(let number) = term else {
      return [isOne || local.count == own.count ? "'s output is not attention" : ", queries \(some) are not attention"]
    }
    let covered = names.tokens[Int(number)]
    if number != CoverageNames.noTokens, covered.queries != own {
      return ["'s output is that of queries \(covered.queries), expected \(own)"]
    }
    if isOne { return covered.keys.complaint(tokens: workload.tokens).map { ["'s output \($0)"] } ?? [] }
    return covered.complaints(of: some.runs, mask: workload.mask, tokens: workload.tokens).map { ", \($0)" }
  }

  /// Which heads, where not all are meant.
  private func headName(_ start: Int, _ end: Int) -> String {
    let heads = workload.shape.queryHeads
    guard end - start < workload.batch * heads else { return "" }
    func name(_ head: Int) -> String { workload.batch == 1 ? "\(head)" : "\(head % heads) of sequence \(head / heads)" }
    return end == start + 1 ? " (head \(name(start)))" : " (heads \(name(start)) to \(name(end - 1)))"
  }

  private mutating func checkShard(of owner: Int, at rank: Int) {
    let elements = Int64(blockElements(of: owner, workload.shape))
    guard elements > 0 else { return }
    let term = CoverageTerm.cache(owner: Int32(owner), expanded: false)
    for (index, buffer) in program.buffers.enumerated() where Int(buffer.rank) == rank && memory.isLive[index] {
      // At its start, where the next step looks for it.
      guard let run = memory[index].first, run.term == term, run.start == 0, run.index == 0, run.end >= elements else {
        continue
      }
      results.append(Slice(BufferID(Int32(index)), offset: run.start, count: elements))
      return
    }
    let tokens = blocks[owner].runs.map { TokenCounts.name($0.lowerBound, $0.upperBound) }
    find("rank \(rank) does not hold the keys and values of \(tokens.joined(separator: " and ")) when all is done")
  }
}
