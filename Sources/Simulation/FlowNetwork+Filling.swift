extension FlowNetwork {
  /// Computes every rate from nothing by progressive filling: the link with the lowest equal share of what is left of
  /// its capacity binds all its flows that have no rate yet; then again, until all flows have one (Bertsekas and
  /// Gallager, section 6.5.2).
  ///
  /// A link's share never falls as flows of lower or equal rate are fixed, rounded down as it is, so that a heap of
  /// shares that may be out of date finds the lowest: a share that has risen since goes back into the heap.
  ///
  /// - Complexity: O(c + l log c) for c crossings and l links.
  mutating func fillEverything() {
    settlingHeap.removeAll()
    for slot in flows.indices where flows[slot].route >= 0 {
      flows[slot].bottleneck = -1
      movedFlows.append(Int32(slot))
    }
    for link in links.indices {
      links[link].isDirty = false
      guard links[link].count > 0 else { continue }
      links[link].slack = sizes[link]
      links[link].level = Link.unbound
      links[link].fastest = 0
      links[link].boundCount = 0
      openCounts[link] = links[link].count
      noteChange(ofLink: link)
      fillingHeap.push(Waiting(level: sizes[link] / Int128(links[link].count), link: Int32(link)))
    }
    while let entry = fillingHeap.pop() {
      let link = Int(entry.link)
      guard openCounts[link] > 0 else { continue }
      let share = links[link].slack / Int128(openCounts[link])
      if share > entry.level {
        fillingHeap.push(Waiting(level: share, link: entry.link))
      } else {
        fill(link, to: share)
      }
    }
  }

  /// Binds every flow of a link that has no rate yet.
  private mutating func fill(_ link: Int, to level: Int128) {
    links[link].level = level
    levels[link] = grains.rate(level)
    let start = Int(links[link].start)
    // Binding exchanges a member with one before it only, which has been dealt with.
    for place in start..<start + Int(links[link].count) {
      let crossing = Int(members[place])
      let slot = crossing >> shift
      guard flows[slot].bottleneck < 0 else { continue }
      bind(slot, at: crossing)
      for other in crossings(ofSlot: slot) { openCounts[Int(crossingLinks[other])] -= 1 }
    }
  }
}
