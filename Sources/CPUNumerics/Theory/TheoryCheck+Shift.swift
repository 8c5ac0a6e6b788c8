import Quantities
import RealModule

/// Adding a constant c to all logits leaves attention as it is and adds c to the energy: why softmax can be made safe by
/// taking the maximum off.
///
/// A shifted logit is wrong by λ = u·max|s + c|. The weights move by 2λ of themselves, the energy by λ.
extension TheoryCheck {
  func shiftRows(_ sequence: CausalSequence) -> [Residual] {
    var attention = row("shift of all logits: attention", source: "rounding of the shifted logits and of two means")
    var energies = row("shift of all logits: energy", source: "rounding of the shifted logits and both energies")
    for (index, head) in sequence.decode.enumerated() {
      let mean = SoftmaxPoint(head, at: origin).mean
      let energy = head.energy(at: origin)
      // e^710 is past the largest double, e^-746 is zero.
      for shift in [-1e6, -746, -0.1, 1.0 / 3, 710, 1e6] {
        let place = "c = \(NumberText.format(shift, significantDigits: 3))"
        let moved = EnergyHead(logits: head.logits.map { $0 + shift }, values: head.values, width: headDim)
        let rounding = EnergyHead.slack * EnergyHead.u * moved.logits.reduce(0) { max($0, abs($1)) }
        let bound = (head.meanBound(at: origin) + moved.meanBound(at: origin) + 2 * rounding) * head.scale
        for (element, value) in SoftmaxPoint(moved, at: origin).mean.enumerated() {
          attention.see(
            abs(value - mean[element]), within: bound, at: "head \(index), element \(element), \(place)")
        }
        let distance = (moved.energy(at: origin) - shift) - energy
        energies.see(
          abs(distance),
          within: head.energyBound(at: origin) + moved.energyBound(at: origin) + rounding
            + EnergyHead.u * (abs(energy) + abs(distance)), at: "head \(index), \(place)")
      }
    }
    return [attention.row, energies.row]
  }
}
