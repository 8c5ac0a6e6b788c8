extension FlowNetwork {
  /// Changes the capacity of a link; the rates that this changes are shared anew by the next ``share()``.
  ///
  /// - Parameters:
  ///   - link: The link.
  ///   - capacity: Above zero and no more than the largest that the network was created with.
  /// - Complexity: O(the links of all routes).
  public mutating func setCapacity(ofLink link: Int32, to capacity: Double) {
    let size = grains.count(capacity)
    let change = size - sizes[Int(link)]
    guard change != 0 else { return }
    sizes[Int(link)] = size
    capacities[Int(link)] = grains.rate(size)
    links[Int(link)].slack += change
    if links[Int(link)].count > 0 { markDirty(Int(link)) }
    for route in routeBandwidths.indices {
      let places = Int(routeStarts[route])..<Int(routeStarts[route + 1])
      guard routeLinks[places].contains(link) else { continue }
      var narrowest = places.lowerBound
      for place in places.dropFirst() {
        let (one, best) = (routeLinks[place], routeLinks[narrowest])
        if (sizes[Int(one)], one) < (sizes[Int(best)], best) { narrowest = place }
      }
      routeBandwidths[route] = capacities[Int(routeLinks[narrowest])]
      narrowestPlaces[route] = Int32(narrowest - places.lowerBound)
    }
  }

  /// The flows that cross a link, in no particular but always the same order.
  public func flows(onLink link: Int32) -> [Int32] {
    let start = Int(links[Int(link)].start)
    return members[start..<start + Int(links[Int(link)].count)].map { $0 >> Int32(shift) }
  }

  /// Whether a slot holds a flow.
  func holds(_ slot: Int32) -> Bool { flows[Int(slot)].route >= 0 }

  /// Makes room for routes of more links than the network was created for.
  mutating func makeRoom(forRouteOf length: Int) {
    var wider = shift
    while 1 << wider < length { wider += 1 }
    guard wider > shift else { return }
    let mask = Int32((1 << shift) - 1)
    let (old, new) = (Int32(shift), Int32(wider))
    func moved(_ crossing: Int32) -> Int32 { crossing < 0 ? crossing : ((crossing >> old) << new) | (crossing & mask) }
    var links = ContiguousArray<Int32>(repeating: -1, count: flows.count << wider)
    var places = links
    for crossing in crossingLinks.indices {
      links[Int(moved(Int32(crossing)))] = crossingLinks[crossing]
      places[Int(moved(Int32(crossing)))] = crossingPlaces[crossing]
    }
    crossingLinks = links
    crossingPlaces = places
    for place in members.indices { members[place] = moved(members[place]) }
    for slot in flows.indices { flows[slot].bottleneck = moved(flows[slot].bottleneck) }
    shift = wider
  }
}
