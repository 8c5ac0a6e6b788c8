/// What the states of a tensor hold, from the first to the last, as runs of states of one term.
struct StatePieces: Sendable {
  typealias Run = CoverageMemory.Run

  struct Piece {
    var start: Int64
    var end: Int64
    var term: CoverageTerm
  }

  private(set) var pieces: [Piece] = []

  /// No states.
  init() {}

  /// So many states of one term.
  init(_ term: CoverageTerm, count: Int64) { add(term, upTo: count) }

  /// The states of a tensor that begins with the runs and has `size` elements a state; what is not in its own place means
  /// nothing.
  init(_ runs: [Run], size: Int64, count: Int64) {
    for run in runs where run.index == run.start {
      let (first, last) = ((run.start + size - 1) / size, min(run.end / size, count))
      guard first < last else { continue }
      add(.wrong, upTo: first)
      add(run.term, upTo: last)
    }
    add(.wrong, upTo: count)
  }

  /// The number of states.
  var count: Int64 { pieces.last?.end ?? 0 }

  var terms: [CoverageTerm] { pieces.map(\.term) }

  /// Gives the states from the last on a term.
  mutating func add(_ term: CoverageTerm, upTo end: Int64) {
    let start = count
    guard end > start else { return }
    if let last = pieces.last, last.term == term {
      pieces[pieces.count - 1].end = end
    } else {
      pieces.append(Piece(start: start, end: end, term: term))
    }
  }

  /// The elements of the tensor, `size` a state.
  func runs(size: Int64) -> [Run] {
    pieces.map { Run(start: $0.start * size, end: $0.end * size, term: $0.term, index: $0.start * size) }
  }

  /// Makes of the terms of each state in several tensors those in others.
  ///
  /// - Parameters:
  ///   - inputs: Tensors of equally many states.
  ///   - outputs: How many terms a state is given.
  ///   - transform: Makes the terms of states that are alike.
  static func map(
    _ inputs: [StatePieces], outputs: Int, _ transform: ([CoverageTerm]) -> [CoverageTerm]
  ) -> [StatePieces] {
    var made = [StatePieces](repeating: StatePieces(), count: outputs)
    var places = inputs.map { _ in 0 }
    var next: Int64 = 0
    let count = inputs.map(\.count).min() ?? 0
    while next < count {
      for input in inputs.indices {
        while inputs[input].pieces[places[input]].end <= next { places[input] += 1 }
      }
      let current = inputs.indices.map { inputs[$0].pieces[places[$0]] }
      next = current.map(\.end).min() ?? count
      for (place, term) in transform(current.map(\.term)).enumerated() { made[place].add(term, upTo: next) }
    }
    return made
  }
}
