import CPUNumerics
import Programs
import Quantities

/// What every rank gave to an all-reduce of a library, and what came of it: held to what rounding explains there, which is
/// narrower than what it explains of a step's output.
struct ReductionCheck {
  private let name: String
  private let reduction: Reduction
  private let format: NumberFormat
  /// The elements.
  let count: Int
  /// What ranks gave, rank by rank; minus infinity for ranks of other processes.
  private var given: [Double]
  /// What came, by rank of this process.
  private var results: [Int: [Float]] = [:]

  init(name: String, reduction: Reduction, type: DataType, count: Int, ranks: Int) {
    (self.name, self.reduction, self.count) = (name, reduction, count)
    format = NumberFormat(type)
    given = [Double](repeating: -.infinity, count: count * ranks)
  }

  /// Whether it adds up.
  var isSum: Bool { reduction == .sum }

  /// Sees what a rank gives.
  mutating func gives(_ numbers: [Float], rank: Int) {
    for (place, number) in numbers.enumerated() { given[rank * count + place] = Double(number) }
  }

  /// Sees what a rank gets.
  mutating func gets(_ numbers: [Float], rank: Int) { results[rank] = numbers }

  /// Whether a rank has what it got, to the bit.
  func has(_ numbers: [Float], rank: Int) -> Bool {
    results[rank].map { zip($0, numbers).allSatisfy { $0.bitPattern == $1.bitPattern } } == true
  }

  /// Learns what the ranks of other processes give.
  mutating func complete(_ processes: any CollectiveProcesses) throws { given = try processes.largest(given) }

  /// The first result of this process's ranks that is off by more than rounding explains; nil for none. What all ranks give
  /// must be known.
  ///
  /// A maximum is exact. A sum of p numbers in any order has p − 1 roundings, each of at most u of what has been added up so
  /// far (Higham, Accuracy and Stability of Numerical Algorithms, section 4.2): |error| ≤ (p − 1)·u·(1 + u)^(p−2)·Σ|x|.
  func problem() -> String? {
    for (rank, numbers) in results.sorted(by: { $0.key < $1.key }) {
      for place in 0..<count {
        let expected = expected(place)
        let found = Double(numbers[place])
        guard found == expected.value || abs(found - expected.value) <= expected.bound else {
          return "\(name) gives \(found) on rank \(rank) at element \(place) of \(count), expected \(expected.value)"
            + (expected.bound > 0 ? " within \(NumberText.format(expected.bound, significantDigits: 2))" : "")
        }
      }
    }
    return nil
  }

  /// What an element must be, and how far it may be off.
  private func expected(_ place: Int) -> (value: Double, bound: Double) {
    let ranks = given.count / max(count, 1)
    let parts = (0..<ranks).map { given[$0 * count + place] }
    guard reduction != .maximum else { return (parts.max() ?? 0, 0) }
    var factor = Double(ranks - 1) * format.roundoff
    for _ in 0..<max(ranks - 2, 0) { factor *= 1 + format.roundoff }
    return (parts.reduce(0, +), factor * parts.reduce(0) { $0 + abs($1) } + format.tiniest)
  }

  /// What is wrong with a step's output, where this is the sum of its numerators: normalising may have written it over them.
  ///
  /// With n ± a and d ± b as the sums may be, |n/d| is off by (a + |n/d|·b)/(d − b) at most, and by its own rounding.
  ///
  /// - Parameters:
  ///   - output: The output of a rank of this process, as many numbers as there are numerators.
  ///   - denominators: The sum of the denominators, one a head.
  ///   - format: The format of the output.
  func problem(ofOutput output: [Float], over denominators: ReductionCheck, _ format: NumberFormat) -> String? {
    guard output.count == count, denominators.count > 0, count.isMultiple(of: denominators.count) else { return nil }
    let dim = count / denominators.count
    for (place, found) in output.enumerated() {
      let (numerator, denominator) = (expected(place), denominators.expected(place / dim))
      guard denominator.value > denominator.bound else { continue }
      let value = numerator.value / denominator.value
      let error =
        (numerator.bound + abs(value) * denominator.bound) / (denominator.value - denominator.bound)
      // Twice the rounding: a kernel divides in single precision first.
      let bound = error + 2 * format.roundoff * (abs(value) + error) + format.tiniest
      guard abs(Double(found) - value) <= bound else {
        return "\(name) and what it is divided by give \(found) at element \(place) of \(count), expected \(value) "
          + "within \(NumberText.format(bound, significantDigits: 2))"
      }
    }
    return nil
  }
}
