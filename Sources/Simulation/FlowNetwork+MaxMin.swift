extension FlowNetwork {
  /// Brings every rate up to date after flows have come and gone, and lists those that changed in ``changedFlows``.
  ///
  /// The component that the changes touch is found first; then progressive filling fixes rates, tightest link first.
  /// A link's offer to its remaining flows never falls as others are fixed, so a heap of offers that may be out of
  /// date finds the tightest link: an offer that has risen since goes back into the heap. Ties go to the lower link,
  /// which makes the result independent of how the component was found.
  ///
  /// - Complexity: O(c log l) for c crossings and l links in the component.
  public mutating func share() {
    changedFlows.removeAll(keepingCapacity: true)
    guard !dirtyLinks.isEmpty else { return }
    collectComponent()
    offerShares()
    while let offer = popShare() {
      let link = Int(offer.link)
      guard unfixedCounts[link] > 0 else { continue }
      let current = residuals[link] / Double(unfixedCounts[link])
      if current > offer.rate {
        pushShare(Share(rate: current, link: offer.link))
      } else {
        fixFlows(onLink: link, at: current)
      }
    }
    for flow in componentFlows where newRates[Int(flow)] != rates[Int(flow)] {
      rates[Int(flow)] = newRates[Int(flow)]
      changedFlows.append(flow)
    }
  }

  /// Marks every link with a flow for sharing, so that the next ``share()`` solves the whole network.
  public mutating func shareEverything() {
    for link in 0..<linkCount where flowCounts[link] > 0 { dirtyLinks.append(Int32(link)) }
  }

  /// Gathers the links and flows that are connected to a dirty link.
  private mutating func collectComponent() {
    advanceStamp()
    componentLinks.removeAll(keepingCapacity: true)
    componentFlows.removeAll(keepingCapacity: true)
    for link in dirtyLinks where linkStamps[Int(link)] != stamp {
      linkStamps[Int(link)] = stamp
      componentLinks.append(link)
    }
    dirtyLinks.removeAll(keepingCapacity: true)
    var next = 0
    while next < componentLinks.count {
      var crossing = firstCrossing[Int(componentLinks[next])]
      next += 1
      while crossing >= 0 {
        let slot = Int(crossing) / stride
        crossing = nextCrossing[Int(crossing)]
        guard flowStamps[slot] != stamp else { continue }
        flowStamps[slot] = stamp
        componentFlows.append(Int32(slot))
        newRates[slot] = -1
        let route = Int(slotRoutes[slot])
        for place in Int(routeStarts[route])..<Int(routeStarts[route + 1]) {
          let link = routeLinks[place]
          guard linkStamps[Int(link)] != stamp else { continue }
          linkStamps[Int(link)] = stamp
          componentLinks.append(link)
        }
      }
    }
  }

  private mutating func advanceStamp() {
    stamp &+= 1
    guard stamp == 0 else { return }
    for index in linkStamps.indices { linkStamps[index] = 0 }
    for index in flowStamps.indices { flowStamps[index] = 0 }
    stamp = 1
  }

  /// Puts the first offer of every link of the component into the heap.
  private mutating func offerShares() {
    shareHeap.removeAll(keepingCapacity: true)
    for link in componentLinks {
      let count = flowCounts[Int(link)]
      residuals[Int(link)] = capacities[Int(link)]
      unfixedCounts[Int(link)] = count
      guard count > 0 else { continue }
      pushShare(Share(rate: capacities[Int(link)] / Double(count), link: link))
    }
  }

  /// Gives every flow of a link that has no rate yet the link's share, and takes it off their other links.
  private mutating func fixFlows(onLink link: Int, at rate: Double) {
    var crossing = firstCrossing[link]
    while crossing >= 0 {
      let slot = Int(crossing) / stride
      crossing = nextCrossing[Int(crossing)]
      guard newRates[slot] < 0 else { continue }
      newRates[slot] = rate
      let route = Int(slotRoutes[slot])
      for place in Int(routeStarts[route])..<Int(routeStarts[route + 1]) {
        let other = Int(routeLinks[place])
        unfixedCounts[other] -= 1
        residuals[other] = max(0, residuals[other] - rate)
      }
    }
  }

  private mutating func pushShare(_ share: Share) {
    shareHeap.append(share)
    var hole = shareHeap.count - 1
    while hole > 0 {
      let parent = (hole - 1) >> 1
      guard share.precedes(shareHeap[parent]) else { break }
      shareHeap[hole] = shareHeap[parent]
      hole = parent
    }
    shareHeap[hole] = share
  }

  private mutating func popShare() -> Share? {
    guard let first = shareHeap.first, let last = shareHeap.popLast() else { return nil }
    guard !shareHeap.isEmpty else { return first }
    let count = shareHeap.count
    var hole = 0
    while true {
      var child = 2 * hole + 1
      guard child < count else { break }
      if child + 1 < count, shareHeap[child + 1].precedes(shareHeap[child]) { child += 1 }
      guard shareHeap[child].precedes(last) else { break }
      shareHeap[hole] = shareHeap[child]
      hole = child
    }
    shareHeap[hole] = last
    return first
  }
}
