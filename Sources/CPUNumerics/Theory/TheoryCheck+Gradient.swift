import RealModule

/// Attention is the gradient of the energy at ζ = 0, found three ways.
extension TheoryCheck {
  private static let twice = "two means: 4u·(mean depth + log2 N + 3)·max|v|"
  private static let difference = "h²/6·max|F'''| + E/h, h = (3E/|F'''|)^(1/3)"

  func gradientRows(_ sequence: CausalSequence) -> [Residual] {
    let decode = sequence.decode
    var rows = ways(of: "one head", decode.prefix(1).map { $0 }) { _, element in "element \(element)" }
    rows += ways(of: "many heads", decode) { "head \($0), element \($1)" }
    rows.append(plainRow(sequence, decode))
    let causal = (0..<heads).flatMap { head in (0..<tokens).map { sequence.head(head, position: $0) } }
    rows += ways(of: "causal", causal) { "head \($0 / tokens), token \($0 % tokens), element \($1)" }
    rows.append(jointRow(causal))
    return rows
  }

  /// Closed form against automatic differentiation and against central differences.
  private func ways(
    of name: String, _ energies: [EnergyHead], place: (Int, Int) -> String
  ) -> [Residual] {
    var automatic = row("\(name): closed form, autodiff", source: Self.twice)
    var central = row("\(name): closed form, differences", source: Self.difference)
    for (index, energy) in energies.enumerated() {
      let point = SoftmaxPoint(energy, at: origin)
      let mean = point.mean
      let bound = energy.meanBound(at: origin) * energy.scale
      for element in 0..<headDim {
        automatic.see(
          abs(energy.derivative(element, at: origin) - mean[element]), within: 2 * bound, at: place(index, element))
        let difference = CentralDifference(energy, element: element, point: point)
        central.see(
          abs(difference.value - mean[element]), within: difference.bound + bound, at: place(index, element))
      }
    }
    return [automatic.row, central.row]
  }

  /// The closed form against ``ExactAttention``, which sums in another way.
  private func plainRow(_ sequence: CausalSequence, _ energies: [EnergyHead]) -> Residual {
    let exact = ExactAttention(sequence.decodeTensors)
    var row = row("many heads: closed form, plain softmax", source: Self.twice)
    for (head, energy) in energies.enumerated() {
      let bound = 2 * energy.meanBound(at: origin) * energy.scale
      for (element, value) in SoftmaxPoint(energy, at: origin).mean.enumerated() {
        row.see(
          abs(value - exact.output[head * headDim + element]), within: bound, at: "head \(head), element \(element)")
      }
    }
    return row.row
  }

  /// The energy of the whole sequence, the sum of those of all heads and positions, in one random direction η of all ζ
  /// at once: its derivative is Σ η·z.
  private func jointRow(_ energies: [EnergyHead]) -> Residual {
    var row = row("causal: sum of all energies, autodiff", source: "rounding of every mean, of η·z and of the sum")
    let direction = normals(energies.count * headDim, stream: 11)
    var closed = CompensatedSum<Double>()
    var automatic = CompensatedSum<Double>()
    var (bound, magnitude) = (0.0, 0.0)
    for (index, energy) in energies.enumerated() {
      let part = direction[index * headDim..<(index + 1) * headDim]
      let mean = SoftmaxPoint(energy, at: origin).mean
      let products = zip(part, mean).map { $0 * $1 }
      for product in products { closed.add(product) }
      automatic.add(energy.energy(at: part.map { Dual(value: 0, tangent: $0) }).tangent)
      let length = part.reduce(0) { $0 + abs($1) }
      // The tangent of a logit is η·v, a sum of w products.
      bound += (2 * energy.meanBound(at: origin) + EnergyHead.u * Double(headDim)) * length * energy.scale
      magnitude += products.reduce(0) { $0 + abs($1) }
    }
    row.see(abs(closed.total - automatic.total), within: bound + 4 * EnergyHead.u * magnitude)
    return row.row
  }
}
