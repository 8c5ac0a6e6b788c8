import Quantities
import Workloads

/// A run of tokens' keys and values as a kernel reads them, and which tokens these are.
struct CoverageBlock {
  typealias Run = CoverageMemory.Run

  let shape: AttentionShape
  /// Whether the cache has its KV heads repeated.
  let expanded: Bool
  let batch: Int
  /// The tokens that each rank begins with.
  let blocks: [TokenRuns]
  let keys: [Run]
  let values: [Run]
  let keyCount: Int64

  /// For each KV head of each sequence the places of its tokens, in the order in which they lie; nil where something is
  /// not a key, or not the key's value.
  var tokensByRow: [[Range<Int>]?] {
    let rows = batch * shape.kvHeads
    let perToken = Int64(batch * shape.keyElementsPerToken)
    guard perToken > 0, keyCount % perToken == 0 else { return [[Range<Int>]?](repeating: nil, count: rows) }
    if let whole { return [[Range<Int>]?](repeating: whole.runs, count: rows) }
    return (0..<rows).map { tokens(ofRow: $0, count: Int(keyCount / perToken)) }
  }

  /// The tokens of a rank where the keys and values are just its block, as they are in a program that is right.
  private var whole: TokenRuns? {
    guard keys.count == 1, keys[0].index == 0, case .cache(let owner, expanded) = keys[0].term else { return nil }
    let tokens = blocks[Int(owner)]
    let elements = Int64(batch * tokens.count * shape.keyElementsPerToken)
    guard keyCount == elements else { return nil }
    let valueElements = Int64(batch * tokens.count * shape.valueElementsPerToken)
    if shape.valuesShareKeys { return values.isEmpty ? tokens : nil }
    let wanted = Run(start: 0, end: valueElements, term: keys[0].term, index: elements)
    return values == [wanted] ? tokens : nil
  }

  private func tokens(ofRow row: Int, count: Int) -> [Range<Int>]? {
    var places: [Range<Int>] = []
    for token in 0..<count {
      let start = Int64((row * count + token) * shape.keyDim)
      guard let key = element(of: keys, at: start, size: shape.keyDim) else { return nil }
      let owned = blocks[Int(key.owner)]
      let rows = batch * shape.kvHeads
      let place = Int(key.index) / shape.keyDim
      guard Int(key.index) % shape.keyDim == 0, place < rows * owned.count, place / owned.count == row else {
        return nil
      }
      if !shape.valuesShareKeys {
        let wanted = rows * owned.count * shape.keyDim + place * shape.valueDim
        let at = Int64((row * count + token) * shape.valueDim)
        guard let value = element(of: values, at: at, size: shape.valueDim), value.owner == key.owner,
          Int(value.index) == wanted
        else { return nil }
      }
      let local = place % owned.count
      let found =
        local < owned.first.count
        ? owned.first.lowerBound + local : owned.second.lowerBound + local - owned.first.count
      if let last = places.last, last.upperBound == found {
        places[places.count - 1] = last.lowerBound..<found + 1
      } else {
        places.append(found..<found + 1)
      }
    }
    return places
  }

  /// The owner and the index of some elements that lie together.
  private func element(of runs: [Run], at start: Int64, size: Int) -> (owner: Int32, index: Int64)? {
    guard let run = runs.first(where: { $0.end > start }), run.end >= start + Int64(size), run.start <= start,
      case .cache(let owner, expanded) = run.term
    else { return nil }
    return (owner, run.index(at: start))
  }
}
