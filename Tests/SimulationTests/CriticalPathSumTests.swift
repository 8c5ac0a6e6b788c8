import Quantities
import Testing

@testable import Simulation

@Suite struct CriticalPathSumTests {
  @Test func partsAddUpToTheSameBitsInWhateverOrderADictionaryHoldsThem() {
    let stretches = (0..<40).map { index in
      (CriticalPath.Resource.latency(link: "link\(index)"), Seconds(1e-6 / Double(3 + index * index)))
    }
    // Dictionaries of other capacities hold the same entries in other orders.
    let sums = (0..<12).map { power in
      var path = CriticalPath(steps: [], resources: [:])
      path.resources.reserveCapacity(64 << power)
      for (resource, time) in stretches { path.resources[resource] = time }
      return path.time(.latency).seconds.bitPattern
    }
    #expect(Set(sums).count == 1)
  }
}
