import Programs

/// The operations of a program in an order in which they can be put on queues one after another: what a library does in
/// one call as one piece.
///
/// Where messages are copies, one stands for both of its sides. Where they are calls of a library (``init(callsOf:)``), an
/// all-reduce is one call of all ranks, and messages are put into groups, all of which a rank starts together: a call
/// waits until the other side calls too, so that a rank that sent to its right before it received from its left would wait
/// for all ranks in turn. Messages of one level make a group: that is how many groups must have gone before one, at the
/// least. Whatever waits for a message has a higher level than it on either side, so ranks that do their groups level by
/// level can't wait for one another in a circle, and none of a group waits for another of it.
struct StepOrder {
  /// A piece.
  enum Piece: Hashable {
    /// A kernel, an allocation or a free.
    case operation(Int)
    /// A message, by its number.
    case copy(Int)
    /// Messages that all ranks start together, in the order of their numbers.
    case exchange([Int])
    /// An all-reduce of all ranks, by its region, with the operations that it stands for.
    case allReduce(region: Int, operations: [Int])
  }

  /// The pieces.
  private(set) var pieces: [Piece] = []

  /// Orders a program whose messages are copies.
  ///
  /// - Throws: ``CUDAError/program(_:)`` where operations wait for one another.
  init(copiesOf program: Program) throws(CUDAError) {
    let graph = ProgramGraph(program)
    try Self.refuse(graph.stuck.count, of: program)
    pieces = graph.order.map { node in
      switch program.kinds[Int(node)] {
      case .send, .receive: .copy(Int(program.subjects[Int(node)]))
      case .compute, .allocate, .free: .operation(Int(node))
      }
    }
  }

  /// Orders a program whose messages and all-reduces are calls of NCCL, which can't combine packed states.
  ///
  /// - Throws: ``CUDAError/program(_:)`` where operations wait for one another.
  init(callsOf program: Program) throws(CUDAError) {
    let graph = ProgramGraph(program)
    try Self.refuse(graph.stuck.count, of: program)
    let replacing = program.wholeReductions { $0.reduction != .onlineSoftmax }
    // The node of an all-reduce stands behind those of operations.
    let nodes = (0..<program.count).map { operation -> Int in
      let region = Int(program.regionIndices[operation])
      if region >= 0, let whole = replacing[region] { return program.count + whole }
      return Int(graph.nodes[operation])
    }
    var members = [[Int]](repeating: [], count: program.count + program.regions.count)
    for (operation, node) in nodes.enumerated() { members[node].append(operation) }
    var successors = [[Int]](repeating: [], count: members.count)
    var pending = [Int](repeating: 0, count: members.count)
    for (operation, node) in nodes.enumerated() {
      for dependency in program.dependencies(of: OperationID(Int32(operation))) {
        let other = nodes[Int(dependency)]
        guard other != node else { continue }
        successors[other].append(node)
        pending[node] += 1
      }
    }
    func isCall(_ node: Int) -> Bool {
      node >= program.count || [.send, .receive].contains(program.kinds[node])
    }
    var order = members.indices.filter { !members[$0].isEmpty && pending[$0] == 0 }
    var levels = [Int](repeating: 0, count: members.count)
    var done = 0
    while done < order.count {
      let node = order[done]
      done += 1
      if isCall(node) { levels[node] += 1 }
      for successor in successors[node] {
        levels[successor] = max(levels[successor], levels[node])
        pending[successor] -= 1
        if pending[successor] == 0 { order.append(successor) }
      }
    }
    try Self.refuse(members.count { !$0.isEmpty } - order.count, of: program)

    var messages: [Int: [Int]] = [:]
    var reductions: [Int: [Int]] = [:]
    var others: [Int: [Int]] = [:]
    for node in order {
      let level = levels[node]
      if node >= program.count {
        reductions[level, default: []].append(node - program.count)
      } else if isCall(node) {
        messages[level, default: []].append(Int(program.subjects[node]))
      } else {
        others[level, default: []].append(node)
      }
    }
    for level in 0...(levels.max() ?? 0) {
      if let messages = messages[level] { pieces.append(.exchange(messages.sorted())) }
      for region in (reductions[level] ?? []).sorted() {
        pieces.append(.allReduce(region: region, operations: members[program.count + region]))
      }
      for operation in others[level] ?? [] { pieces.append(.operation(operation)) }
    }
  }

  private static func refuse(_ stuck: Int, of program: Program) throws(CUDAError) {
    guard stuck == 0 else {
      throw .program("\(stuck) of \(program.count) operations wait for one another")
    }
  }
}
