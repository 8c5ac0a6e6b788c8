import RealModule

/// Attention whose keys are its values is an update of a Hopfield network; see ``HopfieldNetwork`` for both bounds.
extension TheoryCheck {
  func hopfieldRows() -> [Residual] {
    [descentRow(), retrievalRow()]
  }

  private var patterns: [Double] { normals(tokens * headDim, stream: 21) }

  /// The energy falls by ½·‖ξ′ − ξ‖² at least, at every step from a random state.
  private func descentRow() -> Residual {
    var row = row("Hopfield: descent of the energy", source: "rounding of both energies and of the update")
    let network = HopfieldNetwork(patterns: patterns, width: headDim, beta: 1 / Double(headDim).squareRoot())
    var state = normals(headDim, stream: 22).map { 2 * $0 }
    for step in 0..<20 {
      let next = network.update(state)
      let distance = zip(next, state).map { $0 - $1 }
      let squared = HopfieldNetwork.dot(distance, distance)
      let excess = network.energy(next) - network.energy(state) + squared / 2
      // The update is no more than near the gradient that the proof has.
      let bound =
        network.energyBound(state) + network.energyBound(next)
        + network.updateBound(state) * distance.reduce(0) { $0 + abs($1) }
        + EnergyHead.u * Double(headDim + 4) * squared
      row.see(max(0, excess), within: bound, at: "step \(step)")
      state = next
    }
    return row.row
  }

  /// One update leads from near a separated pattern to it.
  private func retrievalRow() -> Residual {
    var row = row("Hopfield: distance from stored pattern", source: "2M·(N-1)·exp(-β(Δ - 2M·noise)), and rounding")
    var network = HopfieldNetwork(patterns: patterns, width: headDim, beta: 1)
    let longest = network.longest
    for index in 0..<network.count {
      let separation = network.separation(index)
      // A pattern that points the way of a longer one is none that a network could hold.
      guard separation > 0.01 * longest * longest || network.count == 1 else { continue }
      let wanted = network.pattern(index)
      let room = separation.isFinite ? separation : longest * longest
      let noise = normals(headDim, stream: UInt64(1000 + index))
      let length = room / (8 * longest)
      let norm = HopfieldNetwork.dot(noise, noise).squareRoot()
      let state = zip(wanted, noise).map { $0 + $1 * length / norm }
      let offset = zip(state, wanted).map { $0 - $1 }
      let away = HopfieldNetwork.dot(offset, offset).squareRoot()
      let margin = room - 2 * longest * away
      // So cold that the bound is a millionth of the patterns' length.
      network.beta = Double.log(2e6 * Double(network.count)) / margin
      let found = network.update(state)
      let miss = zip(found, wanted).map { $0 - $1 }
      let leak = 2 * longest * Double(network.count - 1) * Double.exp(-network.beta * margin)
      let bound = leak * 1.01 + network.updateBound(state) * Double(headDim).squareRoot()
      row.see(HopfieldNetwork.dot(miss, miss).squareRoot(), within: bound, at: "pattern \(index)")
    }
    return row.row
  }
}
