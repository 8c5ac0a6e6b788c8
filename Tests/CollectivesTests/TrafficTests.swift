import Programs
import Quantities
import TestSupport
import Testing

@testable import Collectives

/// Closed forms against the messages and buffers of lowered programs, counted one by one.
@Suite struct TrafficTests {
  /// Bytes, messages and scratch of every member, and the totals, equal to the last byte.
  static func check(_ allReduce: AllReduce, _ algorithm: CollectiveAlgorithm, nodes: [[Int]]? = nil) {
    let lowered = LoweredProgram(allReduce, algorithm, nodes: nodes, keepsOperands: false)
    let bytes = lowered.program.bytesSentByRank
    let messages = lowered.messagesByRank
    let scratch = peakScratch(lowered.program)
    var wrong: [String] = []
    for (member, rank) in allReduce.group.enumerated() {
      let found = MemberTraffic(bytes: bytes[rank], messages: messages[rank], peakScratch: scratch[rank])
      let expected = allReduce.traffic(of: member, algorithm, nodes: nodes)
      if found != expected { wrong.append("member \(member): lowered \(found), formula \(expected)") }
    }
    #expect(
      wrong.isEmpty,
      "\(algorithm), p = \(allReduce.size), n = \(allReduce.payload.units), nodes \(String(describing: nodes))")
    #expect(
      allReduce.trafficOfMembers(algorithm, nodes: nodes)
        == (0..<allReduce.size).map { allReduce.traffic(of: $0, algorithm, nodes: nodes) })
    let total = allReduce.totalTraffic(algorithm, nodes: nodes)
    #expect(total.bytes == lowered.program.totalMessageBytes, "\(algorithm), p = \(allReduce.size)")
    #expect(total.messages == lowered.program.messages.count, "\(algorithm), p = \(allReduce.size)")
    #expect(lowered.program.messages.allSatisfy { $0.bytes > 0 })
  }

  /// The most scratch live on each rank in program order, which is a legal order.
  static func peakScratch(_ program: Program) -> [Bytes] {
    var live = [Int64](repeating: 0, count: program.worldSize)
    var peak = live
    for index in 0..<program.count {
      let rank = Int(program.ranks[index])
      switch program.kinds[index] {
      case .allocate: live[rank] += program.buffers[Int(program.subjects[index])].bytes.count
      case .free: live[rank] -= program.buffers[Int(program.subjects[index])].bytes.count
      default: continue
      }
      peak[rank] = max(peak[rank], live[rank])
    }
    #expect(live.allSatisfy { $0 == 0 })
    return peak.map { Bytes($0) }
  }

  @Test(arguments: 1...70) func flatAlgorithms(count: Int) {
    var generator = SeededGenerator(seed: UInt64(count))
    let sizes = [
      Int.random(in: 0...count, using: &generator), 1, count, Int.random(in: count...5 * count + 7, using: &generator),
    ]
    for units in sizes {
      let payload = Payload(
        units: units, elementsPerUnit: Int.random(in: 1...130, using: &generator),
        type: DataType.allCases.randomElement(using: &generator) ?? .fp32)
      let allReduce = AllReduce(
        group: Groups.random(count, using: &generator), payload: payload, reduction: .onlineSoftmax)
      for algorithm in Groups.flat { Self.check(allReduce, algorithm) }
    }
  }

  @Test(arguments: 1...70) func hierarchies(count: Int) {
    var generator = SeededGenerator(seed: UInt64(1000 + count))
    let divisors = (1...count).filter { count.isMultiple(of: $0) }
    for equal in [divisors.randomElement(using: &generator), nil] {
      let nodes = Groups.nodes(count, equal: equal, using: &generator)
      let payload = Payload(units: Int.random(in: 1...3 * count, using: &generator), elementsPerUnit: 3, type: .bf16)
      let allReduce = AllReduce(group: Groups.random(count, using: &generator), payload: payload, reduction: .sum)
      for algorithm in Groups.hierarchical.shuffled(using: &generator).prefix(14) {
        Self.check(allReduce, algorithm, nodes: nodes)
      }
    }
  }

  @Test(arguments: [255, 256, 257, 1000]) func largeGroups(count: Int) {
    for units in count == 257 ? [3, 257] : [3] {
      let allReduce = AllReduce(
        group: Array(0..<count), payload: Payload(units: units, elementsPerUnit: 5, type: .fp32), reduction: .maximum)
      for algorithm in Groups.flat {
        // A million messages would take this test longer than all others.
        if count == 1000, algorithm == .oneShot { continue }
        Self.check(allReduce, algorithm)
      }
    }
  }

  @Test func allGathers() {
    var generator = SeededGenerator(seed: 5)
    for count in 1...40 {
      let counts = (0..<count).map { _ in Int.random(in: 0...9, using: &generator) }
      let gather = AllGather(group: Groups.random(count, using: &generator), counts: counts, type: .bf16)
      for algorithm in AllGather.Algorithm.allCases {
        let program = AllGatherTests.lower(gather, algorithm, inPlace: Bool.random(using: &generator)).program
        for (member, rank) in gather.group.enumerated() {
          let expected = gather.traffic(of: member, algorithm)
          #expect(program.bytesSentByRank[rank] == expected.bytes)
          #expect(program.messages.count { $0.from == Int32(rank) } == expected.messages)
        }
        #expect(program.totalMessageBytes == gather.totalTraffic.bytes)
        #expect(program.messages.count == gather.totalTraffic.messages)
      }
    }
  }

  @Test func chunksAreSafeAndPartitionTheUnits() {
    var generator = SeededGenerator(seed: 2)
    for _ in 0..<2000 {
      let chunks = Chunks(
        of: Int.random(in: 0...300, using: &generator), count: Int.random(in: 1...100, using: &generator))
      let sizes = (0..<chunks.count).map(chunks.size)
      #expect(sizes.reduce(0, +) == chunks.units)
      #expect((0..<chunks.count).allSatisfy { chunks.start($0) == $0 * chunks.units / chunks.count })
      #expect(chunks.largest == sizes.max())
      #expect(chunks.filled == sizes.count { $0 > 0 })
      let left = Int.random(in: 0..<chunks.count, using: &generator)
      let others = sizes.enumerated().filter { $0.offset != left }.map(\.element)
      #expect(chunks.largest(except: left) == others.max() ?? 0)
    }
    let huge = Chunks(of: .max, count: 4096)
    #expect(huge.start(4096) == .max)
    #expect(huge.size(4095) == .max / 4096 + 1)
  }
}
