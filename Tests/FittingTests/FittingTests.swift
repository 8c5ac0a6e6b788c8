import Fitting
import Quantities
import TestSupport
import Testing

@Suite("What all fits share")
struct FittingTests {
  @Test("Draws are NumPy's for the same seed")
  func draws() {
    // numpy.random.PCG64(7).random_raw(3), PCG64(2**40 + 5).random_raw(2)
    var generator = PermutedGenerator(seed: 7)
    #expect(
      (0..<3).map { _ in generator.next() } == [11530976094092348043, 16550673365885938325, 14308875409591826786])
    generator = PermutedGenerator(seed: (1 << 40) + 5)
    #expect((0..<2).map { _ in generator.next() } == [87427594128977387, 6872972437549564694])
    // numpy.random.default_rng(0).permutation(20)
    generator = PermutedGenerator(seed: 0)
    #expect(
      generator.permutation(20) == [4, 19, 6, 2, 13, 16, 3, 11, 10, 8, 0, 12, 7, 5, 18, 17, 14, 9, 1, 15])
    // default_rng(0).choice(5000, 2500, replace=False), and the same of 26357
    generator = PermutedGenerator(seed: 0)
    var numbers = generator.choose(2500, of: 5000)
    #expect(numbers.prefix(6) == [4306, 4026, 4684, 2688, 2504, 2543] && numbers.suffix(3) == [1002, 533, 3923])
    #expect(numbers.reduce(0, +) == 6_297_299 && Set(numbers).count == 2500)
    generator = PermutedGenerator(seed: 0)
    numbers = generator.choose(2500, of: 26_357)
    #expect(numbers.prefix(6) == [607, 23020, 1794, 23916, 23455, 4321] && numbers.suffix(3) == [13471, 16787, 22419])
    #expect(numbers.reduce(0, +) == 33_732_306 && Set(numbers).count == 2500)
    // default_rng(3).choice(12, 5, replace=False)
    generator = PermutedGenerator(seed: 3)
    #expect(generator.choose(5, of: 12) == [1, 6, 0, 2, 11])
  }

  @Test("Quantiles are NumPy's")
  func quantiles() {
    // numpy.quantile([3, 1, 4, 1, 5, 9, 2, 6], [0, .1, .5, .9, 1])
    let values = [0, 0.1, 0.5, 0.9, 1].map { OrderStatistics.quantile($0, of: [3, 1, 4, 1, 5, 9, 2, 6]) ?? .nan }
    for (value, expected) in zip(values, [1, 1, 3.5, 6.9, 9]) { #expect(abs(value - expected) < 1e-12) }
    #expect(OrderStatistics.quantile(0.5, of: []) == nil)
  }

  @Test("Normal equations are solved, and a matrix that is not positive definite has no solution")
  func solving() throws {
    var generator = SeededGenerator(seed: 3)
    for size in [1, 2, 5, 24] {
      let rows = (0..<size + 3).map { _ in (0..<size).map { _ in Double.random(in: -1...1, using: &generator) } }
      var matrix = SquareMatrix(size: size)
      for row in rows { for i in 0..<size { for j in 0..<size { matrix[i, j] += row[i] * row[j] } } }
      let truth = (0..<size).map { _ in Double.random(in: -1...1, using: &generator) }
      let right = (0..<size).map { i in (0..<size).reduce(0) { $0 + matrix[i, $1] * truth[$1] } }
      let solved = try #require(matrix.solve(right))
      for (value, expected) in zip(solved, truth) { #expect(abs(value - expected) < 1e-8) }
      let diagonal = try #require(matrix.inverseDiagonal)
      for index in 0..<size {
        var unit = Array(repeating: 0.0, count: size)
        unit[index] = 1
        #expect(abs(diagonal[index] / (try #require(matrix.solve(unit)))[index] - 1) < 1e-12)
      }
      matrix[0, 0] = -1
      #expect(matrix.solve(right) == nil)
    }
  }

  @Test("Lines have their numbers, quoted fields their commas, and a stray quote spoils its own line")
  func lines() {
    let text = "\u{FEFF}a,b\r\n\n\"x, \"\"y\"\"\",2\nbad \"quote,3\n4,"
    let lines = Array(MeasurementLines(text))
    #expect(lines.map(\.number) == [1, 3, 4, 5])
    #expect(lines.map(\.fields) == [["a", "b"], ["x, \"y\"", "2"], ["bad quote,3"], ["4", ""]])
    #expect(lines.map(\.isWellFormed) == [true, true, false, true])
    #expect(Array(MeasurementLines("")).isEmpty)
    #expect(MeasurementLines.hint(["a", "bb"], expected: ["a", "b"]).hasPrefix("; column 2 is 'bb'"))
  }

  @Test("Errors are summed up by their sizes, and their interval leaves a tenth out at either end")
  func errors() throws {
    let errors = (-10...10).map { Double($0) / 100 }
    let interval = try #require(ErrorInterval(of: errors))
    #expect(abs(interval.low + 0.08) < 1e-12 && abs(interval.high - 0.08) < 1e-12 && interval.rows == 21)
    let summary = try #require(ErrorSummary(of: errors))
    #expect(summary.rows == 21 && abs(summary.bias) < 1e-12 && (0.04...0.06).contains(summary.median))
    #expect(ErrorInterval(of: []) == nil && ErrorSummary(of: []) == nil)
  }
}
