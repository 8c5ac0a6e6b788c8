import TestSupport
import Testing

@testable import Simulation

@Suite struct FlowNetworkTests {
  /// The obvious solver: raise all flows together, and stop those that cross a link that fills up.
  static func referenceRates(capacities: [Double], routes: [[Int32]]) -> [Double] {
    var rates = [Double](repeating: 0, count: routes.count)
    var open = Set(routes.indices)
    while !open.isEmpty {
      var step = Double.infinity
      for link in capacities.indices {
        let users = open.filter { routes[$0].contains(Int32(link)) }
        guard !users.isEmpty else { continue }
        let load = routes.indices.filter { routes[$0].contains(Int32(link)) }.reduce(0) { $0 + rates[$1] }
        step = min(step, (capacities[link] - load) / Double(users.count))
      }
      for flow in open { rates[flow] += step }
      let full = capacities.indices.filter { link in
        let load = routes.indices.filter { routes[$0].contains(Int32(link)) }.reduce(0) { $0 + rates[$1] }
        return load >= capacities[link] * (1 - 1e-12)
      }
      open = open.filter { flow in !full.contains { routes[flow].contains(Int32($0)) } }
    }
    return rates
  }

  @Test func threeFlowsOnTwoLinksAsInTheTextbook() {
    var network = FlowNetwork(capacities: [1, 2], longestRoute: 2)
    let both = network.addRoute([0, 1])
    let first = network.addRoute([0])
    let second = network.addRoute([1])
    let flows = [both, first, second].map { network.insert(route: $0) }
    network.share()
    #expect(flows.map { network.rate(of: $0) } == [0.5, 0.5, 1.5])
    network.remove(flows[1])
    network.share()
    #expect(network.rate(of: flows[0]) == 1)
    #expect(network.rate(of: flows[2]) == 1)
    #expect(Set(network.changedFlows) == [flows[0], flows[2]])
  }

  @Test func aLoneFlowNeedsNoSharing() {
    var network = FlowNetwork(capacities: [10, 4], longestRoute: 2)
    let flow = network.insert(route: network.addRoute([0, 1]))
    #expect(network.rate(of: flow) == 4)
    #expect(!network.needsSharing)
  }

  @Test(arguments: 1...60) func agreesWithTheObviousSolver(seed: Int) {
    var generator = SeededGenerator(seed: UInt64(seed))
    let linkCount = Int.random(in: 1...12, using: &generator)
    let capacities = (0..<linkCount).map { _ in Double.random(in: 0.1...10, using: &generator) }
    let routes = (0..<Int.random(in: 1...30, using: &generator)).map { _ in
      Array((0..<Int32(linkCount)).shuffled(using: &generator).prefix(Int.random(in: 1...4, using: &generator)))
    }
    var network = FlowNetwork(capacities: capacities, longestRoute: 4)
    let flows = routes.map { network.insert(route: network.addRoute($0)) }
    network.share()
    let expected = Self.referenceRates(capacities: capacities, routes: routes)
    for (flow, rate) in zip(flows, expected) {
      let error = abs(network.rate(of: flow) - rate) / rate
      #expect(error <= 1e-9)
    }
    #expect(network.invariantViolation() == nil)
  }

  @Test(arguments: 1...6) func incrementalSharingGivesTheSameBitsAsFullSharing(seed: Int) {
    var generator = SeededGenerator(seed: UInt64(seed))
    let linkCount = 60
    let capacities = (0..<linkCount).map { _ in Double.random(in: 0.1...10, using: &generator) }
    var incremental = FlowNetwork(capacities: capacities, longestRoute: 4)
    var full = incremental
    var live: [Int32] = []
    for _ in 0..<3000 {
      if live.isEmpty || live.count < 40 && Bool.random(using: &generator) {
        let links = (0..<Int32(linkCount)).shuffled(using: &generator).prefix(Int.random(in: 1...4, using: &generator))
        let slot = incremental.insert(route: incremental.addRoute(links))
        #expect(full.insert(route: full.addRoute(links)) == slot)
        live.append(slot)
      } else {
        let slot = live.remove(at: Int.random(in: 0..<live.count, using: &generator))
        incremental.remove(slot)
        full.remove(slot)
      }
      incremental.share()
      full.shareEverything()
      full.share()
      for slot in live { #expect(incremental.rate(of: slot).bitPattern == full.rate(of: slot).bitPattern) }
    }
    #expect(incremental.invariantViolation() == nil)
  }

  @Test func theInvariantCheckSeesRatesThatAreNotMaxMin() {
    var network = FlowNetwork(capacities: [1], longestRoute: 1)
    let route = network.addRoute([0])
    let flow = network.insert(route: route)
    #expect(network.invariantViolation() == nil)
    network.rates[Int(flow)] = 0.5
    #expect(network.invariantViolation()?.contains("no bottleneck") == true)
    network.rates[Int(flow)] = 1.5
    #expect(network.invariantViolation()?.contains("more than its capacity") == true)
  }
}
