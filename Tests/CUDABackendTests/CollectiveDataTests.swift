import Quantities
import Testing

@testable import CUDABackend

/// What ranks give to collectives and must get.
@Suite struct CollectiveDataTests {
  /// The number that the bytes of a type stand for.
  private func number(_ bytes: ArraySlice<UInt8>, _ type: CollectiveType) -> Double {
    let bits = bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    switch type {
    case .fp64: return Double(bitPattern: bits)
    case .fp32: return Double(Float(bitPattern: UInt32(bits)))
    case .bf16: return Double(Float(bitPattern: UInt32(bits) << 16))
    case .int32, .int8: return Double(bits)
    case .fp16:
      let (exponent, fraction) = (Int(bits >> 10), Double(bits & 0x3FF) / 1024)
      return exponent == 0
        ? fraction * 0x1p-14 : (1 + fraction) * Double(sign: .plus, exponent: exponent - 15, significand: 1)
    }
  }

  @Test(
    "Sums are those of whole numbers that the type holds, however many ranks there are",
    arguments: CollectiveType.allCases, [1, 2, 8, 300])
  func sumsAreExact(type: CollectiveType, ranks: Int) {
    let data = CollectiveData(collective: .allReduce, type: type, ranks: ranks, seed: 5)
    let shape = Collective.allReduce.shape(size: Bytes(Int64(500 * type.byteCount)), type: type, ranks: ranks)
    #expect(shape.count == 500)
    var sums = [Double](repeating: 0, count: 500)
    var differ = false
    let first = data.given(0, shape)
    for rank in 0..<ranks {
      let given = data.given(rank, shape)
      if given != first { differ = true }
      for place in 0..<500 {
        let value = number(given[place * type.byteCount..<(place + 1) * type.byteCount], type)
        #expect(value >= 0 && value == value.rounded())
        sums[place] += value
      }
    }
    #expect(differ || ranks == 1)
    let expected = data.expected(ranks - 1, shape)
    #expect(expected.count == 1)
    for place in 0..<500 {
      let bytes = expected[0].pattern[place * type.byteCount..<(place + 1) * type.byteCount]
      #expect(number(bytes, type) == sums[place])
      // Any partial sum is a whole number up to the total, which the type holds as it holds this one.
      #expect(sums[place] <= Double(type.exactLimit))
    }
    // The numbers say something: they are not all zero.
    #expect(sums.contains { $0 > 0 })
  }

  @Test("One wrong bit is found, with its place", arguments: Collective.allCases)
  func findsWrong(collective: Collective) throws {
    let data = CollectiveData(collective: collective, type: .bf16, ranks: 4, seed: 1)
    // Longer than a pattern, so that it is repeated.
    let shape = collective.shape(size: Bytes(300_000), type: .bf16, ranks: 4)
    var right: [UInt8] = []
    for run in data.expected(3, shape) {
      for element in run.first..<run.first + run.count {
        let place = element % CollectiveData.period * 2
        right += run.pattern[place..<place + 2]
      }
    }
    #expect(right.count == shape.received * 2)
    #expect(data.firstWrong(right, rank: 3, shape) == nil)
    // Another rank's result is another, unless all ranks get the same.
    if ![.allReduce, .allGather, .broadcast].contains(collective) {
      #expect(data.firstWrong(right, rank: 2, shape) != nil)
    }
    for place in [0, right.count / 2, right.count - 1] {
      var wrong = right
      wrong[place] ^= 0x10
      let found = try #require(data.firstWrong(wrong, rank: 3, shape))
      #expect(found.element == place / 2)
      #expect(found.found != found.expected)
    }
  }
}
