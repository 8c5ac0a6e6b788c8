import RealModule

extension SoftmaxState {
  /// Adds the keys of a block for one query: all logits first, then their largest, then the sums, as flash attention
  /// does a tile at a time (Dao et al., arXiv 2205.14135).
  ///
  /// - Parameters:
  ///   - block: The keys and values.
  ///   - row: The sequence and KV head, as the block counts them.
  ///   - query: The query, key dim elements.
  ///   - visible: How many of the block's tokens the query sees, the first so many; nil for all.
  mutating func fold(
    _ block: KeyValueBlock<Scalar>, row: Int, query: ArraySlice<Scalar>, visible: Int? = nil
  ) {
    let logits = block.logits(row: row, query: query, visible: visible ?? block.tokens)
    guard !isPoisoned, logits.allSatisfy({ $0 < .infinity }) else {
      // NaN fails every comparison, and so comes here too.
      add(logit: .nan) { _ in .nan }
      return
    }
    guard let largest = logits.max(), largest > -.infinity else { return }
    let joint = max(maximum, largest)
    let factor = maximum > -.infinity ? Scalar.exp(maximum - joint) : 0
    denominator *= factor
    for index in numerators.indices { numerators[index] *= factor }
    maximum = joint
    let shared = block.shape.valuesShareKeys
    let source = shared ? block.keys : block.values
    let stride = shared ? block.shape.keyDim : block.shape.valueDim
    let width = numerators.count
    source.withUnsafeBufferPointer { source in
      numerators.withUnsafeMutableBufferPointer { numerators in
        for token in logits.indices {
          let weight = Scalar.exp(logits[token] - joint)
          denominator += weight
          let start = (row * block.tokens + token) * stride
          for element in 0..<width { numerators[element] += weight * source[start + element] }
        }
      }
    }
  }
}

extension KeyValueBlock {
  /// The products of a query with the keys of the first so many tokens.
  func logits(row: Int, query: ArraySlice<Scalar>, visible: Int) -> [Scalar] {
    keys.withUnsafeBufferPointer { keys in
      query.withUnsafeBufferPointer { query in
        // Each sum waits for itself only: four side by side take the time of one, and each adds in the order of the
        // elements as if it were alone.
        let first = keys.baseAddress.map { $0 + row * tokens * shape.keyDim }
        let width = shape.keyDim
        return [Scalar](unsafeUninitializedCapacity: visible) { logits, count in
          count = visible
          guard let first else { return }
          var token = 0
          while token + 4 <= visible {
            let key = first + token * width
            var sums: (Scalar, Scalar, Scalar, Scalar) = (0, 0, 0, 0)
            for element in 0..<query.count {
              sums.0 += query[element] * key[element]
              sums.1 += query[element] * key[width + element]
              sums.2 += query[element] * key[2 * width + element]
              sums.3 += query[element] * key[3 * width + element]
            }
            logits.initializeElement(at: token, to: sums.0)
            logits.initializeElement(at: token + 1, to: sums.1)
            logits.initializeElement(at: token + 2, to: sums.2)
            logits.initializeElement(at: token + 3, to: sums.3)
            token += 4
          }
          while token < visible {
            var sum: Scalar = 0
            for element in 0..<query.count { sum += query[element] * first[token * width + element] }
            logits.initializeElement(at: token, to: sum)
            token += 1
          }
        }
      }
    }
  }
}
