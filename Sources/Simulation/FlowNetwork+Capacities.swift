extension FlowNetwork {
  /// Changes the capacity of a link; the rates that this changes are shared anew by the next ``share()``.
  ///
  /// - Parameters:
  ///   - link: The link.
  ///   - capacity: Above zero and no more than the largest that the network was created with.
  /// - Complexity: O(the links of the routes that cross the link), once all routes have been looked at.
  public mutating func setCapacity(ofLink link: Int32, to capacity: Double) {
    let size = grains.count(capacity)
    let change = size - sizes[Int(link)]
    guard change != 0 else { return }
    sizes[Int(link)] = size
    capacities[Int(link)] = grains.rate(size)
    links[Int(link)].slack += change
    if links[Int(link)].count > 0 { markDirty(Int(link)) }
    indexRoutes()
    var crossing = Int(lastPlaces[Int(link)])
    while crossing >= 0 {
      let route = Int(placeRoutes[crossing])
      crossing = Int(earlierPlaces[crossing])
      let places = Int(routeStarts[route])..<Int(routeStarts[route + 1])
      var narrowest = places.lowerBound
      for place in places.dropFirst() {
        let (one, best) = (routeLinks[place], routeLinks[narrowest])
        if (sizes[Int(one)], one) < (sizes[Int(best)], best) { narrowest = place }
      }
      routeBandwidths[route] = capacities[Int(routeLinks[narrowest])]
      narrowestPlaces[route] = Int32(narrowest - places.lowerBound)
    }
  }

  /// Notes which routes cross each link, for the routes that have come since the last call: networks whose links never
  /// change need not know.
  private mutating func indexRoutes() {
    guard placeRoutes.count < routeLinks.count else { return }
    if lastPlaces.isEmpty { lastPlaces = ContiguousArray(repeating: -1, count: linkCount) }
    var route = Int(placeRoutes.last ?? -1) + 1
    for place in placeRoutes.count..<routeLinks.count {
      while Int(routeStarts[route + 1]) <= place { route += 1 }
      placeRoutes.append(Int32(route))
      earlierPlaces.append(lastPlaces[Int(routeLinks[place])])
      lastPlaces[Int(routeLinks[place])] = Int32(place)
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
