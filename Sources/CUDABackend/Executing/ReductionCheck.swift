import CPUNumerics
import Programs
import Quantities

/// What every rank gave to an all-reduce of a library, and what came of it: held to what rounding explains there, which is
/// narrower than what it explains of a step's output.
struct ReductionCheck {
  private let name: String
  private let reduction: Reduction
  private let format: NumberFormat
  private let count: Int
  /// What ranks gave, rank by rank; minus infinity for ranks of other processes.
  private var given: [Double]
  /// What came, by rank of this process.
  private var results: [Int: [Float]] = [:]

  init(name: String, reduction: Reduction, type: DataType, count: Int, ranks: Int) {
    (self.name, self.reduction, self.count) = (name, reduction, count)
    format = NumberFormat(type)
    given = [Double](repeating: -.infinity, count: count * ranks)
  }

  /// Sees what a rank gives.
  mutating func gives(_ numbers: [Float], rank: Int) {
    for (place, number) in numbers.enumerated() { given[rank * count + place] = Double(number) }
  }

  /// Sees what a rank gets.
  mutating func gets(_ numbers: [Float], rank: Int) { results[rank] = numbers }

  /// The first result of this process's ranks that is off by more than rounding explains; nil for none.
  ///
  /// A maximum is exact. A sum of p numbers in any order has p − 1 roundings, each of at most u of what has been added up so
  /// far (Higham, Accuracy and Stability of Numerical Algorithms, section 4.2): |error| ≤ (p − 1)·u·(1 + u)^(p−2)·Σ|x|.
  ///
  /// - Parameter processes: Who has the other ranks.
  func problem(_ processes: any CollectiveProcesses) throws -> String? {
    let all = try processes.largest(given)
    let ranks = all.count / max(count, 1)
    let roundoff = format.unitRoundoff
    for (rank, numbers) in results.sorted(by: { $0.key < $1.key }) {
      for place in 0..<count {
        let parts = (0..<ranks).map { all[$0 * count + place] }
        let expected: Double
        let bound: Double
        switch reduction {
        case .maximum: (expected, bound) = (parts.max() ?? 0, 0)
        case .sum, .onlineSoftmax:
          expected = parts.reduce(0, +)
          var factor = Double(ranks - 1) * roundoff
          for _ in 0..<max(ranks - 2, 0) { factor *= 1 + roundoff }
          bound = factor * parts.reduce(0) { $0 + abs($1) } + format.leastPositive
        }
        let found = Double(numbers[place])
        guard found == expected || abs(found - expected) <= bound else {
          return "\(name) gives \(found) on rank \(rank) at element \(place) of \(count), expected \(expected)"
            + (bound > 0 ? " within \(NumberText.format(bound, significantDigits: 2))" : "")
        }
      }
    }
    return nil
  }
}
