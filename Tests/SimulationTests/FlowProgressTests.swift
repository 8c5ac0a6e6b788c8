import TestSupport
import Testing

@testable import Simulation

@Suite struct FlowProgressTests {
  struct Message {
    var links: [Int32]
    var bytes: Double
    var release: Double
  }

  static func network(_ capacities: [Double], _ messages: [Message]) -> FlowNetwork {
    var network = FlowNetwork(capacities: capacities, longestRoute: 4)
    for message in messages { _ = network.addRoute(message.links) }
    return network
  }

  /// The obvious way: at every event go to the earliest next one, flow by flow.
  static func obviousFinishes(_ capacities: [Double], _ messages: [Message]) -> [Double] {
    var network = network(capacities, messages)
    var finishes = [Double](repeating: .nan, count: messages.count)
    var left = messages.map(\.bytes)
    var slots: [Int: Int32] = [:]
    var waiting = messages.indices.sorted { messages[$0].release > messages[$1].release }
    var now = 0.0
    while !slots.isEmpty || !waiting.isEmpty {
      var next = waiting.last.map { messages[$0].release } ?? .infinity
      for (message, slot) in slots { next = min(next, now + left[message] / network.rate(of: slot)) }
      for (message, slot) in slots { left[message] -= network.rate(of: slot) * (next - now) }
      now = next
      for (message, slot) in slots where left[message] <= 1e-9 * messages[message].bytes {
        finishes[message] = now
        network.remove(slot)
        slots[message] = nil
      }
      while let message = waiting.last, messages[message].release <= now {
        slots[message] = network.insert(route: Int32(message))
        waiting.removeLast()
      }
      network.share()
    }
    return finishes
  }

  static func finishes(_ capacities: [Double], _ messages: [Message]) -> [Double] {
    var network = network(capacities, messages)
    var progress = FlowProgress(linkCount: capacities.count)
    var finishes = [Double](repeating: .nan, count: messages.count)
    var messageOfSlot: [Int32: Int] = [:]
    var linkTimes = [Double](repeating: .infinity, count: capacities.count)
    var waiting = messages.indices.sorted { messages[$0].release > messages[$1].release }
    while true {
      let release = waiting.last.map { messages[$0].release } ?? .infinity
      let now = min(release, linkTimes.min() ?? .infinity)
      guard now < .infinity else { return finishes }
      for link in capacities.indices where linkTimes[link] == now {
        while let slot = progress.popFinished(onLink: Int32(link), at: now) {
          network.remove(slot)
          if let message = messageOfSlot[slot] { finishes[message] = now }
        }
      }
      while let message = waiting.last, messages[message].release <= now {
        let slot = network.insert(route: Int32(message))
        messageOfSlot[slot] = message
        progress.start(slot, bytes: messages[message].bytes, network: network, at: now)
        waiting.removeLast()
      }
      if network.needsSharing {
        network.shareLevels()
        progress.update(from: network, at: now)
      }
      for link in progress.movedLinks { linkTimes[Int(link)] = progress.nextFinish(ofLink: link) }
      progress.clearMovedLinks()
    }
  }

  @Test(arguments: 1...40) func finishesAreThoseOfTheObviousWay(seed: Int) {
    var generator = SeededGenerator(seed: UInt64(seed))
    let linkCount = Int.random(in: 2...20, using: &generator)
    let isEven = Bool.random(using: &generator)
    let capacities = (0..<linkCount).map { _ in isEven ? 2.0 : Double.random(in: 1...10, using: &generator) }
    let messages = (0..<60).map { _ in
      Message(
        links: Array(
          (0..<Int32(linkCount)).shuffled(using: &generator).prefix(Int.random(in: 1...4, using: &generator))),
        bytes: isEven ? 6 : Double.random(in: 1...100, using: &generator),
        release: isEven ? 0 : Double.random(in: 0...20, using: &generator))
    }
    let expected = Self.obviousFinishes(capacities, messages)
    for (finish, other) in zip(Self.finishes(capacities, messages), expected) {
      #expect(abs(finish - other) <= 1e-7 * other)
    }
  }

  @Test func aLoneFlowTakesExactlyItsBytesOverItsBandwidth() {
    let messages = [Message(links: [0, 1], bytes: 1e6, release: 0), Message(links: [1], bytes: 3e6, release: 7)]
    #expect(Self.finishes([3e9, 7e8], messages) == [1e6 / 7e8, 7 + 3e6 / 7e8])
  }

  @Test func equalFlowsOfALinkFinishTogether() {
    let messages = (0..<3).map { _ in Message(links: [0], bytes: 1, release: 0) }
    let finishes = Self.finishes([7], messages)
    #expect(Set(finishes).count == 1)
    #expect(abs(finishes[0] - 3.0 / 7) <= 1e-15)
  }
}
