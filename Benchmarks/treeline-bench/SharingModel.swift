import Simulation

/// Max-min sharing of random flows: every flow crosses four of the links, all drawn from a seed.
///
/// `Benchmarks/peers.cpp` solves the same network by textbook progressive filling.
struct SharingModel {
  let links: Int
  let flows: Int

  private func network() -> (network: FlowNetwork, flows: [Int32]) {
    var dice = Dice(seed: 11)
    var network = FlowNetwork(capacities: (0..<links).map { _ in 1 + 9 * dice.fraction() }, longestRoute: 4)
    let placed = (0..<flows).map { _ in
      var crossed: [Int32] = []
      while crossed.count < 4 {
        let link = Int32(dice.below(links))
        if !crossed.contains(link) { crossed.append(link) }
      }
      return network.insert(route: network.addRoute(crossed))
    }
    return (network, placed)
  }

  /// The sum of all rates, and a solver that shares the whole network so many times over.
  func solver(repeats: Int) -> () -> Double {
    let (start, flows) = network()
    return {
      var network = start
      for _ in 0..<repeats {
        network.shareEverything()
        network.share()
      }
      return flows.reduce(0) { $0 + network.rate(of: $1) }
    }
  }
}
