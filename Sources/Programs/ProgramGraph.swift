/// Which operations of a program happen before which others, in every order that it can run in.
///
/// By rendezvous the two ends of a message are one node: it starts when both have been reached and both finish when it
/// has arrived, so that whatever comes before either end comes before the message, and it before whatever waits for
/// either. A node goes by the operation that comes first in program order.
public struct ProgramGraph: Sendable {
  /// When a message may start.
  public enum Messaging: Sendable, Hashable, CaseIterable {
    /// When both of its ends have been reached, as a ``Program`` promises.
    case rendezvous
    /// When its send has been reached: a receive buffer takes it until its receive is, as a scenario may have it. The
    /// send then waits for nothing that the receive waits for.
    case buffered
  }

  /// The node of each operation.
  public let nodes: [Int32]
  /// Every node that can run, each after all that it waits for.
  public let order: [Int32]
  /// The nodes that wait for one another, or for such.
  public let stuck: [Int32]
  /// The place of each node in ``order``.
  let positions: [Int32]
  private let starts: [Int32]
  private let predecessors: [Int32]

  /// Works out the order of a program whose dependencies and messages are in range.
  ///
  /// - Complexity: O(operations + dependencies).
  public init(_ program: Program, messaging: Messaging = .rendezvous) {
    let count = program.count
    var nodes = (0..<Int32(count)).map { $0 }
    var extra = [Int32](repeating: -1, count: messaging == .buffered ? count : 0)
    for message in program.messages where message.send >= 0 && message.receive >= 0 {
      if messaging == .buffered {
        extra[Int(message.receive)] = message.send
      } else {
        let node = min(message.send, message.receive)
        nodes[Int(message.send)] = node
        nodes[Int(message.receive)] = node
      }
    }
    let extras = extra.count { $0 >= 0 }
    // Counting sort of the dependencies by the node that waits.
    var starts = [Int32](repeating: 0, count: count + 1)
    for operation in 0..<count {
      starts[Int(nodes[operation]) + 1] +=
        program.dependencyStarts[operation + 1] - program.dependencyStarts[operation]
      if extras > 0, extra[operation] >= 0 { starts[operation + 1] += 1 }
    }
    for node in 0..<count { starts[node + 1] += starts[node] }
    var predecessors = [Int32](repeating: 0, count: program.dependencies.count + extras)
    var next = starts
    for operation in 0..<count {
      let node = Int(nodes[operation])
      for dependency in program.dependencies(of: OperationID(Int32(operation))) {
        predecessors[Int(next[node])] = nodes[Int(dependency)]
        next[node] += 1
      }
      if extras > 0, extra[operation] >= 0 {
        predecessors[Int(next[node])] = extra[operation]
        next[node] += 1
      }
    }
    (order, positions, stuck) = Self.sorted(nodes, starts, predecessors)
    (self.nodes, self.starts, self.predecessors) = (nodes, starts, predecessors)
  }

  /// Every node after all that it waits for, those that wait for the fewest levels of others first.
  private static func sorted(
    _ nodes: [Int32], _ starts: [Int32], _ predecessors: [Int32]
  ) -> (order: [Int32], positions: [Int32], stuck: [Int32]) {
    let count = nodes.count
    var successorStarts = [Int32](repeating: 0, count: count + 1)
    for predecessor in predecessors { successorStarts[Int(predecessor) + 1] += 1 }
    for node in 0..<count { successorStarts[node + 1] += successorStarts[node] }
    var successors = [Int32](repeating: 0, count: predecessors.count)
    var next = successorStarts
    var pending = [Int32](repeating: 0, count: count)
    for node in 0..<count {
      pending[node] = starts[node + 1] - starts[node]
      for place in starts[node]..<starts[node + 1] {
        let predecessor = Int(predecessors[Int(place)])
        successors[Int(next[predecessor])] = Int32(node)
        next[predecessor] += 1
      }
    }
    var order: [Int32] = []
    order.reserveCapacity(count)
    for node in 0..<count where Int(nodes[node]) == node && pending[node] == 0 { order.append(Int32(node)) }
    var positions = [Int32](repeating: -1, count: count)
    var done = 0
    while done < order.count {
      let node = Int(order[done])
      positions[node] = Int32(done)
      done += 1
      for place in successorStarts[node]..<successorStarts[node + 1] {
        let successor = Int(successors[Int(place)])
        pending[successor] -= 1
        if pending[successor] == 0 { order.append(Int32(successor)) }
      }
    }
    let stuck = (0..<count).filter { Int(nodes[$0]) == $0 && positions[$0] < 0 }.map { Int32($0) }
    return (order, positions, stuck)
  }

  /// The operations that a node stands for: both ends of a message that starts by rendezvous, otherwise one.
  public func operations(of node: Int32, in program: Program) -> [Int32] {
    guard [.send, .receive].contains(program.kinds[Int(node)]) else { return [node] }
    let message = program.messages[Int(program.subjects[Int(node)])]
    return [message.send, message.receive].filter { $0 >= 0 && nodes[Int($0)] == node }
  }

  /// The nodes that a node waits for; one may be named several times.
  func predecessors(of node: Int32) -> ArraySlice<Int32> {
    predecessors[Int(starts[Int(node)])..<Int(starts[Int(node) + 1])]
  }
}

/// Asks whether nodes happen before others, by going back from the later one.
///
/// The search goes breadth first, so that what is ordered by a short path is found at once, and never past the earliest
/// of the nodes that it looks for. A question costs the ancestors that lie between the two, at most the whole program;
/// clocks of every chain of operations would answer in one step, but a one-shot exchange has p² chains.
struct OrderSearch {
  private let graph: ProgramGraph
  private var visited: [Int32]
  private var wanted: [Int32]
  private var question: Int32 = 0
  private var queue: [Int32] = []

  init(_ graph: ProgramGraph) {
    self.graph = graph
    visited = [Int32](repeating: 0, count: graph.nodes.count)
    wanted = visited
  }

  /// Those of some nodes that do not happen before a node; the node itself is none of them.
  mutating func unordered(_ earlier: [Int32], before node: Int32) -> [Int32] {
    question += 1
    var missing = 0
    var first = Int32.max
    for candidate in earlier where candidate != node && wanted[Int(candidate)] != question {
      wanted[Int(candidate)] = question
      missing += 1
      first = min(first, graph.positions[Int(candidate)])
    }
    guard missing > 0 else { return [] }
    queue.removeAll(keepingCapacity: true)
    queue.append(node)
    var next = 0
    while next < queue.count, missing > 0 {
      for predecessor in graph.predecessors(of: queue[next]) {
        let place = Int(predecessor)
        guard visited[place] != question, graph.positions[place] >= first else { continue }
        visited[place] = question
        if wanted[place] == question { missing -= 1 }
        queue.append(predecessor)
      }
      next += 1
    }
    guard missing > 0 else { return [] }
    var found: [Int32] = []
    for candidate in earlier where candidate != node && visited[Int(candidate)] != question {
      visited[Int(candidate)] = question
      found.append(candidate)
    }
    return found
  }
}
