extension FlowNetwork {
  /// What is wrong with the current rates, in words; nil when they are max-min fair.
  ///
  /// Rates are max-min fair exactly when no link carries more than its capacity and every flow crosses a link that is
  /// full and on which no flow is faster (its bottleneck; Bertsekas and Gallager, section 6.5.2).
  ///
  /// - Parameter tolerance: The relative rounding to forgive.
  public func invariantViolation(tolerance: Double = 1e-9) -> String? {
    var loads = [Double](repeating: 0, count: linkCount)
    var fastest = [Double](repeating: 0, count: linkCount)
    forEachFlow { slot, links in
      for link in links {
        loads[Int(link)] += rates[slot]
        fastest[Int(link)] = max(fastest[Int(link)], rates[slot])
      }
    }
    for link in 0..<linkCount where loads[link] > capacities[link] * (1 + tolerance) {
      return "link \(link) carries \(loads[link]), more than its capacity \(capacities[link])"
    }
    var violation: String?
    forEachFlow { slot, links in
      let hasBottleneck = links.contains { link in
        loads[Int(link)] >= capacities[Int(link)] * (1 - tolerance)
          && rates[slot] >= fastest[Int(link)] * (1 - tolerance)
      }
      if !hasBottleneck, violation == nil { violation = "flow \(slot) at \(rates[slot]) has no bottleneck" }
    }
    return violation
  }

  private func forEachFlow(_ body: (_ slot: Int, _ links: ArraySlice<Int32>) -> Void) {
    for (slot, flow) in flows.enumerated() where flow.route >= 0 {
      let first = slot << shift
      body(slot, ArraySlice(crossingLinks[first..<first + Int(flow.length)]))
    }
  }
}
