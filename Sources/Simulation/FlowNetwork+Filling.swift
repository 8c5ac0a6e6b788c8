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
    for entry in settlingHeap.all { links[Int(entry.link)].isDirty = false }
    settlingHeap.removeAll()
    for link in dirtyLinks { links[Int(link)].isDirty = false }
    dirtyLinks.removeAll(keepingCapacity: true)
    for slot in flows.indices where flows[slot].route >= 0 {
      flows[slot].bottleneck = -1
      movedFlows.append(Int32(slot))
      for crossing in crossings(ofSlot: slot) { open(Int(crossingLinks[crossing])) }
    }
    while let entry = fillingHeap.pop() {
      let link = Int(entry.link)
      guard openCounts[link] > 0 else { continue }
      let share = links[link].slack.share(among: openCounts[link])
      if share > entry.level {
        fillingHeap.push(Waiting(level: share, link: entry.link))
      } else {
        fill(link, to: share)
      }
    }
  }

  /// Readies a link for filling, once: a link that is not being filled has no open flows.
  @inline(__always)
  private mutating func open(_ link: Int) {
    guard openCounts[link] == 0 else { return }
    let count = links[link].count
    openCounts[link] = count
    links[link].isDirty = false
    links[link].slack = sizes[link]
    links[link].level = Link.unbound
    links[link].fastest = 0
    links[link].boundCount = 0
    noteChange(ofLink: link)
    fillingHeap.push(Waiting(level: sizes[link].share(among: count), link: Int32(link)))
  }

  /// Binds every flow of a link that has no rate yet.
  private mutating func fill(_ link: Int, to level: Int128) {
    links[link].level = level
    levels[link] = grains.rate(level)
    // Moved out and back, as the network is not to be touched meanwhile.
    var counts = ContiguousArray<Int32>()
    swap(&counts, &openCounts)
    withMemory { memory in
      counts.withUnsafeMutableBufferPointer { counts in
        let start = Int(memory.links[link].start)
        // Binding exchanges a member with one before it only, which has been dealt with.
        for place in start..<start + Int(memory.links[link].count) {
          let crossing = Int(memory.members[place])
          let slot = crossing >> memory.shift
          guard memory.flows[slot].bottleneck < 0 else { continue }
          memory.bind(slot, at: crossing)
          for other in memory.crossings(ofSlot: slot) { counts[Int(memory.crossingLinks[other])] -= 1 }
        }
      }
    }
    swap(&counts, &openCounts)
  }
}
