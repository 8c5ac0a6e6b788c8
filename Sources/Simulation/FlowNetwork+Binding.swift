extension FlowNetwork {
  /// A rate that a link sets for flows, and the link: progressive filling goes from the lowest limit to the highest.
  struct Limit: Sendable {
    var level: Int128
    var link: Int32

    @inline(__always)
    static func < (left: Limit, right: Limit) -> Bool {
      left.level < right.level || (left.level == right.level && left.link < right.link)
    }
  }

  @inline(__always)
  func limit(ofLink link: Int32) -> Limit { Limit(level: links[Int(link)].level, link: link) }

  /// The lowest limit of a crossing's flow on its other links.
  func otherLimit(ofCrossing crossing: Int) -> Limit {
    var lowest = Limit(level: Link.unbound, link: .max)
    for other in crossings(ofSlot: crossing >> shift) where other != crossing {
      let limit = limit(ofLink: crossingLinks[other])
      if limit < lowest { lowest = limit }
    }
    return lowest
  }

  @inline(__always)
  func crossings(ofSlot slot: Int) -> Range<Int> {
    let first = slot << shift
    return first..<first + Int(flows[slot].length)
  }

  /// The crossing of a flow with a link of its route.
  func crossing(ofSlot slot: Int, onLink link: Int32) -> Int32 {
    var crossing = slot << shift
    while crossingLinks[crossing] != link { crossing += 1 }
    return Int32(crossing)
  }

  /// Binds a flow that no link binds to the link of a crossing, at the link's level.
  @inline(__always)
  mutating func bind(_ slot: Int, at bottleneck: Int) {
    withMemory { $0.bind(slot, at: bottleneck) }
  }

  /// Takes a flow off the link that binds it. A link that binds no flow any more has no level.
  @inline(__always)
  mutating func unbind(_ slot: Int) {
    withMemory { $0.unbind(slot) }
  }

  /// Binds a new flow to the lowest limit of its route or, where no link binds a flow, to the link with the least
  /// slack, and marks all its links: from there sharing goes on.
  mutating func bindProvisionally(_ slot: Int) {
    let crossings = crossings(ofSlot: slot)
    var best = crossings.lowerBound
    var lowest = limit(ofLink: crossingLinks[best])
    for crossing in crossings.dropFirst() {
      let limit = limit(ofLink: crossingLinks[crossing])
      if limit < lowest { (best, lowest) = (crossing, limit) }
    }
    if lowest.level == Link.unbound {
      for crossing in crossings {
        if links[Int(crossingLinks[crossing])].slack < links[Int(crossingLinks[best])].slack { best = crossing }
      }
      let link = Int(crossingLinks[best])
      links[link].level = max(0, links[link].slack)
      levels[link] = grains.rate(links[link].level)
      links[link].fastest = .max / 2
    }
    bind(slot, at: best)
    for crossing in crossings { markDirty(Int(crossingLinks[crossing])) }
  }

  /// Notes that the next sharing has to look at a link.
  @inline(__always)
  mutating func markDirty(_ link: Int) {
    guard !links[link].isDirty else { return }
    links[link].isDirty = true
    dirtyLinks.append(Int32(link))
  }

  /// Lists a link whose level or bound flows have changed.
  @inline(__always)
  mutating func noteChange(ofLink link: Int) {
    guard !links[link].isChanged else { return }
    links[link].isChanged = true
    changedLinks.append(Int32(link))
  }
}
