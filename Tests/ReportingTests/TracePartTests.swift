import Foundation
import Programs
import TestSupport
import Testing

@testable import Reporting

@Suite struct TracePartTests {
  // MARK: Text

  static func text(_ build: (inout TraceText) -> Void) -> String {
    var text = TraceText()
    build(&text)
    return String(decoding: text.bytes, as: UTF8.self)
  }

  @Test func timesKeepPicosecondsAndDropZeros() {
    let cases: [(Double, String)] = [
      (0, "0"), (1e-6, "1"), (1.5e-6, "1.5"), (1e-12, "0.000001"), (0.4e-12, "0"), (12.000345e-6, "12.000345"),
      (1, "1000000"), (3600.000000000001, "3600000000.000001"), (1e-9, "0.001"), (10e-6, "10"), (-0.0, "0"),
    ]
    for (seconds, expected) in cases {
      #expect(Self.text { $0.add(microsecondsOf: seconds) } == expected, "\(seconds)")
    }
  }

  @Test func laterTimesAreNeverSmallerNumbers() throws {
    var generator = SeededGenerator(seed: 1)
    for _ in 0..<5000 {
      let time = Double.random(in: 0...1, using: &generator) * pow(10, Double.random(in: -12...9, using: &generator))
      let later = Bool.random(using: &generator) ? time.nextUp : time * 1.000001
      let first = try #require(Double(Self.text { $0.add(microsecondsOf: time) }))
      let second = try #require(Double(Self.text { $0.add(microsecondsOf: later) }))
      #expect(first <= second)
      #expect(abs(first - time * 1e6) <= 0.5e-6 + 1e-12 * first)
    }
  }

  @Test func numbersAreJSON() throws {
    let numbers: [Double] = [
      0, -0.0, 1, -1, 0.5, 1e20, 1e-20, 9e15, 123_456_789.25, .infinity, .nan, .greatestFiniteMagnitude,
    ]
    for number in numbers {
      let text = Self.text { $0.add(number) }
      let array = try JSONSerialization.jsonObject(with: Data("[\(text)]".utf8)) as? [Double]
      #expect(array?.first == (number.isFinite ? number : 0), "\(text)")
    }
    #expect(Self.text { $0.add(Int64.min) } == "\(Int64.min)")
    #expect(Self.text { $0.add(Int64.max) } == "\(Int64.max)")
    #expect(Self.text { $0.add(1e9) } == "1000000000")
  }

  @Test func anyTextIsReadBackTheSame() throws {
    var generator = SeededGenerator(seed: 2)
    let alphabet = (0..<0x80).compactMap { Unicode.Scalar($0) } + Array("µ→日\u{2028}😀".unicodeScalars)
    for _ in 0..<300 {
      var name = String.UnicodeScalarView()
      for _ in 0..<Int.random(in: 0...12, using: &generator) {
        if let scalar = alphabet.randomElement(using: &generator) { name.append(scalar) }
      }
      let text = Self.text { $0.add(quoted: String(name)) }
      let array = try JSONSerialization.jsonObject(with: Data("[\(text)]".utf8)) as? [String]
      #expect(array == [String(name)])
    }
  }

  // MARK: Lanes

  @Test func lanesAreTheFirstThatAreFree() {
    var generator = SeededGenerator(seed: 4)
    for _ in 0..<300 {
      let spans = (0..<Int.random(in: 0...90, using: &generator)).map { _ in
        let start = Double(Int.random(in: 0...12, using: &generator))
        return (start: start, end: start + Double(Int.random(in: 0...5, using: &generator)))
      }
      // The definition, with no cleverness.
      var ends: [Double] = []
      var expected: [[Int]] = []
      let order = spans.indices.sorted { (spans[$0].start, spans[$0].end, $0) < (spans[$1].start, spans[$1].end, $1) }
      for span in order {
        let lane = ends.firstIndex { $0 <= spans[span].start } ?? ends.count
        if lane == ends.count {
          ends.append(0)
          expected.append([])
        }
        ends[lane] = spans[span].end
        expected[lane].append(span)
      }
      #expect(TraceLanes(spans).lanes == expected)
    }
  }

  @Test func manyLanesAreNoTrouble() {
    let spans = (0..<20_000).map { (start: Double($0), end: Double($0) + 1000.5) }
    #expect(TraceLanes(spans).lanes.count == 1001)
  }

  // MARK: Regions

  @Test func regionsNestInEveryLane() {
    var generator = SeededGenerator(seed: 6)
    for _ in 0..<300 {
      let count = Int.random(in: 1...12, using: &generator)
      let regions = (0..<count).map { index in
        Region(
          name: "\(index)",
          parent: index > 0 && Bool.random(using: &generator)
            ? Int32.random(in: 0..<Int32(index), using: &generator) : nil)
      }
      var traced = TraceRegions(regions: regions)
      // Twice: the second rank must not see the spans of the first.
      for _ in 0..<2 {
        var expected: [Int: ClosedRange<Double>] = [:]
        for _ in 0..<Int.random(in: 0...20, using: &generator) {
          let start = Double(Int.random(in: 0...20, using: &generator))
          let end = start + Double(Int.random(in: 0...6, using: &generator))
          let region = Int.random(in: -1..<count, using: &generator)
          traced.extend(region, from: start, to: end)
          var outer = region
          while outer >= 0 {
            let known = expected[outer] ?? start...end
            expected[outer] = min(known.lowerBound, start)...max(known.upperBound, end)
            outer = Int(regions[outer].parent ?? -1)
          }
        }
        var found: [Int: ClosedRange<Double>] = [:]
        for lane in traced.takeLanes() {
          var open: [(region: Int, start: Double)] = []
          var last = 0.0
          for event in lane {
            switch event {
            case .begin(let region, let time):
              #expect(time >= last)
              last = time
              if let top = open.last { #expect(Self.isPart(region, of: top.region, regions)) }
              open.append((region, time))
            case .end(let time):
              #expect(time >= last)
              last = time
              guard let top = open.popLast() else {
                Issue.record("an end without a beginning")
                return
              }
              found[top.region] = top.start...time
            }
          }
          #expect(open.isEmpty)
        }
        #expect(found == expected)
      }
    }
  }

  private static func isPart(_ region: Int, of outer: Int, _ regions: [Region]) -> Bool {
    var parent = regions[region].parent
    while let index = parent {
      if Int(index) == outer { return true }
      parent = regions[Int(index)].parent
    }
    return false
  }

  // MARK: Ranks

  @Test func ranksAreReadAsRangesAndNumbers() throws {
    let ranks = try TraceRanks(parsing: "0-2, 5,7-7")
    #expect(ranks.mask(worldSize: 9).enumerated().filter(\.element).map(\.offset) == [0, 1, 2, 5, 7])
    #expect(ranks.mask(worldSize: 2) == [true, true])
    #expect(ranks.description == "0-2,5,7")
    #expect(TraceRanks.all.description == "all")
    #expect(TraceRanks.all.mask(worldSize: 3) == [true, true, true])
    try ranks.validate(worldSize: 8)
    #expect(throws: TraceError.noSuchRank(found: 7, worldSize: 7)) { try ranks.validate(worldSize: 7) }
    for wrong in ["", "a", "1-", "-1", "3-1", "1--2", "1,,2", "+1", "1-2-3", "99999999999999999999"] {
      #expect(throws: TraceError.badRanks(found: wrong)) { try TraceRanks(parsing: wrong) }
    }
  }

  // MARK: Groups

  @Test func groupsKeepTheOrderOfIndices() {
    var generator = SeededGenerator(seed: 8)
    for _ in 0..<100 {
      let memberships = (0..<Int.random(in: 0...50, using: &generator)).map { _ in
        (0..<Int.random(in: 0...3, using: &generator)).map { _ in Int.random(in: 0..<7, using: &generator) }
      }
      let groups = TraceGroups(groups: 7, count: memberships.count) { index, name in memberships[index].forEach(name) }
      for group in 0..<7 {
        let expected = memberships.enumerated().flatMap { index, names in
          names.filter { $0 == group }.map { _ in Int32(index) }
        }
        #expect(Array(groups[group]) == expected)
      }
    }
  }
}
