import RealModule

/// Attention as a reduction of ``SoftmaxState`` over a tree and over a chain, in single and double precision, against the
/// closed form; the bounds are those of ``SoftmaxState/errorBound(depth:rescales:keys:spread:)``.
extension TheoryCheck {
  func reductionRows(_ sequence: CausalSequence) -> [Residual] {
    let decode = sequence.decode
    return reductionRows(in: Double.self, "fp64", decode) + reductionRows(in: Float.self, "fp32", decode)
  }

  private func reductionRows<Scalar: Real & BinaryFloatingPoint & Sendable>(
    in type: Scalar.Type, _ precision: String, _ heads: [EnergyHead]
  ) -> [Residual] {
    var tree = row("reduction over a tree, \(precision)", source: "2·(4·⌈log2 N⌉ + log N)·u·max|v|")
    var chain = row("reduction over a chain, \(precision)", source: "2·(N - 1 + 3·rescales + log N)·u·max|v|")
    for (index, head) in heads.enumerated() {
      // The closed form gets what single precision can hold.
      let logits = head.logits.map { Scalar($0) }
      let values = head.values.map { Scalar($0) }
      let exact = EnergyHead(logits: logits.map { Double($0) }, values: values.map { Double($0) }, width: headDim)
      let mean = SoftmaxPoint(exact, at: origin).mean
      let own = exact.meanBound(at: origin) * exact.scale
      let keys = logits.count
      func key(_ token: Int) -> SoftmaxState<Scalar> {
        SoftmaxState(
          maximum: logits[token], denominator: 1,
          numerators: Array(values[token * headDim..<(token + 1) * headDim]))
      }
      var chained = SoftmaxState<Scalar>(width: headDim)
      var rises = 0
      for token in 0..<keys {
        if logits[token] > chained.maximum, token > 0 { rises += 1 }
        chained.add(logit: logits[token]) { values[token * headDim + $0] }
      }
      var states = (0..<keys).map(key)
      while states.count > 1 {
        let half = (states.count + 1) / 2
        for place in 0..<states.count / 2 { states[place].merge(states[half + place]) }
        states.removeLast(states.count - half)
      }
      let treeBound = SoftmaxState<Scalar>.errorBound(depth: Int(exact.levels), keys: keys)
      // A key is rescaled when it comes, unless it is the largest, and when the maximum rises after it.
      let chainBound = SoftmaxState<Scalar>.errorBound(depth: keys - 1, rescales: rises + 1, keys: keys)
      for element in 0..<headDim {
        let place = "head \(index), element \(element)"
        for state in states {
          tree.see(
            abs(Double(state.output[element]) - mean[element]),
            within: treeBound.output(largestValue: exact.scale) + own, at: place)
        }
        chain.see(
          abs(Double(chained.output[element]) - mean[element]),
          within: chainBound.output(largestValue: exact.scale) + own, at: place)
      }
    }
    return [tree.row, chain.row]
  }
}
