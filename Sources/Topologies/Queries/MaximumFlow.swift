/// The largest flow that a network carries from one vertex to another.
///
/// The algorithm is Dinic's ("Algorithm for solution of a problem of maximum flow in a network with power estimation",
/// Soviet Math. Doklady 1970): breadth-first levels from the source, then a blocking flow along rising levels, until
/// the sink is out of reach. The depth-first search keeps its own stack, as paths may be longer than a thread's.
struct MaximumFlow {
  private struct Arc {
    var to: Int32
    var capacity: Int64
  }

  private var arcs: [Arc] = []
  private var outgoing: [[Int32]]

  /// A network without arcs.
  init(vertexCount: Int) {
    outgoing = Array(repeating: [], count: vertexCount)
  }

  /// Adds a directed arc; the arc back, for flow that is undone, follows it at the next index.
  mutating func addArc(from: Int, to: Int, capacity: Int64) {
    outgoing[from].append(Int32(arcs.count))
    arcs.append(Arc(to: Int32(to), capacity: capacity))
    outgoing[to].append(Int32(arcs.count))
    arcs.append(Arc(to: Int32(from), capacity: 0))
  }

  /// Finds the flow and uses up the capacities.
  ///
  /// - Complexity: O(vertices² × arcs) at worst; near arcs × path length on networks of few levels.
  mutating func run(from source: Int, to sink: Int) -> Double {
    var total = 0.0
    while let levels = levels(from: source, to: sink) {
      total += blockingFlow(from: source, to: sink, levels: levels)
    }
    return total
  }

  private func levels(from source: Int, to sink: Int) -> [Int32]? {
    var levels = [Int32](repeating: -1, count: outgoing.count)
    levels[source] = 0
    var queue = [source]
    var next = 0
    while next < queue.count, levels[sink] < 0 {
      let vertex = queue[next]
      next += 1
      for index in outgoing[vertex] {
        let arc = arcs[Int(index)]
        guard arc.capacity > 0, levels[Int(arc.to)] < 0 else { continue }
        levels[Int(arc.to)] = levels[vertex] + 1
        queue.append(Int(arc.to))
      }
    }
    return levels[sink] < 0 ? nil : levels
  }

  private mutating func blockingFlow(from source: Int, to sink: Int, levels: [Int32]) -> Double {
    var total = 0.0
    var cursors = [Int](repeating: 0, count: outgoing.count)
    var path: [Int32] = []
    var vertex = source
    while true {
      if vertex == sink {
        // Send what the narrowest arc takes, and go on from where that arc starts.
        let narrowest = path.reduce(Int64.max) { min($0, arcs[Int($1)].capacity) }
        var cut = path.count
        for (depth, index) in path.enumerated().reversed() {
          arcs[Int(index)].capacity -= narrowest
          arcs[Int(index ^ 1)].capacity = arcs[Int(index ^ 1)].capacity &+ narrowest
          if arcs[Int(index)].capacity == 0 { cut = depth }
        }
        total += Double(narrowest)
        vertex = Int(arcs[Int(path[cut] ^ 1)].to)
        path.removeSubrange(cut...)
        continue
      }
      var isAdvanced = false
      while cursors[vertex] < outgoing[vertex].count {
        let index = outgoing[vertex][cursors[vertex]]
        let arc = arcs[Int(index)]
        if arc.capacity > 0, levels[Int(arc.to)] == levels[vertex] + 1 {
          path.append(index)
          vertex = Int(arc.to)
          isAdvanced = true
          break
        }
        cursors[vertex] += 1
      }
      if isAdvanced { continue }
      guard let last = path.popLast() else { return total }
      vertex = Int(arcs[Int(last ^ 1)].to)
      cursors[vertex] += 1
    }
  }
}
