import TestSupport
import Testing

@testable import Simulation

/// Long random histories of flows that come and go, on networks where rates tie often and where they never do.
@Suite struct FlowNetworkHistoryTests {
  struct Shape: Sendable, CustomTestStringConvertible {
    let name: String
    let linkCount: Int
    let flowCount: Int
    let longestRoute: Int
    let capacity: @Sendable (inout SeededGenerator) -> Double

    var testDescription: String { name }
  }

  static let shapes = [
    Shape(name: "few equal links", linkCount: 4, flowCount: 30, longestRoute: 3) { _ in 1 },
    Shape(name: "equal links", linkCount: 40, flowCount: 60, longestRoute: 4) { _ in 12.5 },
    Shape(name: "two sizes", linkCount: 50, flowCount: 80, longestRoute: 5) { Bool.random(using: &$0) ? 1 : 3 },
    Shape(name: "thirds", linkCount: 12, flowCount: 40, longestRoute: 2) {
      Double(Int.random(in: 1...6, using: &$0)) / 3
    },
    Shape(name: "any size", linkCount: 60, flowCount: 100, longestRoute: 4) { Double.random(in: 0.1...10, using: &$0) },
    Shape(name: "sparse", linkCount: 300, flowCount: 120, longestRoute: 6) { Double.random(in: 1...2, using: &$0) },
    Shape(name: "dense", linkCount: 10, flowCount: 250, longestRoute: 4) { Double.random(in: 1...2, using: &$0) },
    Shape(name: "from 1e-3 to 1e12", linkCount: 40, flowCount: 60, longestRoute: 4) { generator in
      var size = 1e-3
      for _ in 0..<Int.random(in: 0...15, using: &generator) { size *= 10 }
      return size
    },
  ]

  /// A network, the flows in it and the dice that decide what comes next.
  struct History {
    var generator: SeededGenerator
    let shape: Shape
    var capacities: [Double]
    var network: FlowNetwork
    var live: [(slot: Int32, links: [Int32])] = []

    init(_ shape: Shape, seed: UInt64) {
      var generator = SeededGenerator(seed: seed)
      self.shape = shape
      capacities = (0..<shape.linkCount).map { _ in shape.capacity(&generator) }
      network = FlowNetwork(capacities: capacities, longestRoute: shape.longestRoute)
      self.generator = generator
    }

    /// Lets one flow come or go, or a few at once.
    mutating func step() {
      for _ in 0..<(Int.random(in: 0..<4, using: &generator) == 0 ? 5 : 1) {
        let comes = Int.random(in: 0..<shape.flowCount, using: &generator) >= live.count / 2
        if live.isEmpty || live.count < shape.flowCount && comes {
          let length = Int.random(in: 1...min(shape.longestRoute, shape.linkCount), using: &generator)
          let links = Array((0..<Int32(shape.linkCount)).shuffled(using: &generator).prefix(length))
          live.append((network.insert(route: network.addRoute(links)), links))
        } else {
          network.remove(live.remove(at: Int.random(in: 0..<live.count, using: &generator)).slot)
        }
      }
    }

    /// Changes what a few links can carry, but not the largest, which decides the size of a grain.
    mutating func change() {
      let largest = capacities.max() ?? 1
      for _ in 0..<Int.random(in: 0...2, using: &generator) {
        let link = Int.random(in: 0..<shape.linkCount, using: &generator)
        guard capacities[link] < largest || capacities.filter({ $0 == largest }).count > 1 else { continue }
        let choices = [1, 0.5, Double.random(in: 0.01...1, using: &generator)]
        capacities[link] = largest * (choices.randomElement(using: &generator) ?? 1)
        network.setCapacity(ofLink: Int32(link), to: capacities[link])
      }
    }

    var bits: [UInt64] { live.map { network.rate(of: $0.slot).bitPattern } }

    /// The same flows put into a new network in another order.
    mutating func retold() -> [UInt64] {
      var fresh = FlowNetwork(capacities: capacities, longestRoute: shape.longestRoute)
      var bits = [UInt64](repeating: 0, count: live.count)
      let order = live.indices.shuffled(using: &generator)
      let slots = order.map { fresh.insert(route: fresh.addRoute(live[$0].links)) }
      fresh.share()
      for (index, slot) in zip(order, slots) { bits[index] = fresh.rate(of: slot).bitPattern }
      return bits
    }
  }

  /// Links that change in mid-history leave the rates that they would have had from the start.
  @Test(arguments: shapes, [UInt64(11), 12])
  func ratesAfterChangesOfLinksAreThoseOfTheNewLinks(shape: Shape, seed: UInt64) {
    var history = History(shape, seed: seed)
    for event in 0..<250 {
      history.step()
      history.change()
      if event % 50 == 25 { history.network.makeRoom(forRouteOf: shape.longestRoute + event / 50) }
      history.network.share()
      let violation = history.network.invariantViolation()
      guard violation == nil, history.retold() == history.bits else {
        Issue.record("after event \(event): \(violation ?? "another history gives other rates")")
        return
      }
    }
  }

  @Test(arguments: shapes, [UInt64(1), 2, 3])
  func ratesAreMaxMinAfterEveryEvent(shape: Shape, seed: UInt64) {
    var history = History(shape, seed: seed)
    for event in 0..<600 {
      history.step()
      history.network.share()
      let violation = history.network.invariantViolation()
      guard violation == nil else {
        Issue.record("after event \(event): \(violation ?? "")")
        return
      }
    }
  }

  /// Settling without end must come to the bits of progressive filling from nothing, and of any other history.
  @Test(arguments: shapes, [UInt64(4), 5, 6])
  func ratesDependOnTheFlowsPresentAlone(shape: Shape, seed: UInt64) {
    var history = History(shape, seed: seed)
    history.network.patience = .max
    for event in 0..<800 {
      history.step()
      history.network.share()
      var filled = history
      filled.network.patience = 0
      filled.network.shareEverything()
      filled.network.share()
      guard filled.bits == history.bits, filled.network.changedFlows.isEmpty else {
        Issue.record("after event \(event): settling and filling differ")
        return
      }
      var settled = history
      settled.network.shareEverything()
      settled.network.share()
      guard settled.bits == history.bits, settled.network.changedFlows.isEmpty else {
        Issue.record("after event \(event): looking at everything changes rates")
        return
      }
      guard !event.isMultiple(of: 10) || history.retold() == history.bits else {
        Issue.record("after event \(event): another history has other rates")
        return
      }
    }
  }

  @Test(arguments: shapes)
  func exactlyTheChangedFlowsAreListed(shape: Shape) {
    var history = History(shape, seed: 7)
    for event in 0..<400 {
      let before = Dictionary(uniqueKeysWithValues: zip(history.live.map(\.slot), history.bits))
      history.step()
      // A flow that came alone has its rate already.
      let inserted = Dictionary(uniqueKeysWithValues: zip(history.live.map(\.slot), history.bits))
      history.network.share()
      var changed: Set<Int32> = []
      for (flow, bits) in zip(history.live, history.bits) {
        if bits != inserted[flow.slot] { changed.insert(flow.slot) }
      }
      #expect(before.count + 5 >= inserted.count)
      guard Set(history.network.changedFlows) == changed, history.network.changedFlows.count == changed.count else {
        Issue.record("after event \(event): \(history.network.changedFlows) listed, \(changed) changed")
        return
      }
    }
  }

  @Test(arguments: shapes)
  func levelsAndBottlenecksGiveTheSameRates(shape: Shape) {
    var history = History(shape, seed: 8)
    var byLevels = history
    for _ in 0..<400 {
      history.step()
      byLevels.step()
      history.network.share()
      byLevels.network.shareLevels()
      for flow in byLevels.live {
        let level = byLevels.network.level(ofLink: byLevels.network.bottleneck(of: flow.slot))
        #expect(level == history.network.rate(of: flow.slot))
      }
    }
  }

  @Test func roomForMembersStopsGrowing() {
    var history = History(Self.shapes[2], seed: 9)
    for _ in 0..<20_000 { history.step() }
    let rooms = history.network.rooms.reduce(0) { $0 + Int($1) }
    #expect(history.network.members.count <= 2 * rooms)
    #expect(rooms <= 2 * Self.shapes[2].flowCount * Self.shapes[2].linkCount)
  }

  @Test func filledAndSettledNetworksAgreeOnALeafSpine() {
    // 8 leaves of 8 hosts: host up, host down, leaf up, leaf down.
    let capacities = [Double](repeating: 12.5e9, count: 128) + [Double](repeating: 25e9, count: 16)
    var generator = SeededGenerator(seed: 10)
    var settled = FlowNetwork(capacities: capacities, longestRoute: 4)
    var live: [Int32] = []
    for from in 0..<Int32(64) {
      for _ in 0..<4 {
        let to = (from + Int32.random(in: 1..<64, using: &generator)) % 64
        let links = from / 8 == to / 8 ? [from, 64 + to] : [from, 128 + from / 8, 136 + to / 8, 64 + to]
        live.append(settled.insert(route: settled.addRoute(links)))
      }
    }
    settled.share()
    settled.patience = .max
    while !live.isEmpty {
      settled.remove(live.remove(at: Int.random(in: 0..<live.count, using: &generator)))
      settled.share()
      var filled = settled
      filled.patience = 0
      filled.shareEverything()
      filled.share()
      #expect(filled.changedFlows.isEmpty)
      #expect(settled.invariantViolation() == nil)
    }
  }
}
