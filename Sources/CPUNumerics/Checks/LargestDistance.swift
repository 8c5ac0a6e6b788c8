/// The largest distance of numbers from what they must be; infinite for a number that is none, which must not hide behind a
/// comparison, and for another count of numbers.
func largestDistance(_ found: some Collection<some BinaryFloatingPoint>, _ expected: [Double]) -> Double {
  guard found.count == expected.count else { return .infinity }
  var worst = 0.0
  for (one, other) in zip(found, expected) {
    let distance = abs(Double(one) - other)
    if !(distance <= worst) { worst = distance.isNaN ? .infinity : distance }
  }
  return worst
}
