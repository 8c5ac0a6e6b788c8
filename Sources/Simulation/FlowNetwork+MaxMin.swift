extension FlowNetwork {
  /// Brings every rate up to date after flows have come and gone, and lists those that changed in ``changedFlows``.
  ///
  /// **State.** Rates are fixed by levels: a link's level is its slack (its capacity less the rates of the flows that
  /// other links bind) shared by the flows that it binds, rounded down, and a link that binds none has no level. A flow
  /// is bound by the link of its route with the lowest (level, link).
  ///
  /// **Invariant.** A link is *settled* when it binds exactly the flows that progressive filling would leave to it if
  /// the levels of all other links were given: go through its flows by the lowest level on the rest of their route,
  /// and stop at the first that lies above an equal share of what is left of the capacity. When every link is settled,
  /// the levels are those of progressive filling of the whole network (the link with the lowest (level, link) is
  /// filled first in both; take it and its flows away and argue again). So the rates depend on nothing but the flows
  /// present, bit for bit: neither on the order in which they came nor on the order in which links are looked at.
  ///
  /// **Steps.** Links that a change may unsettle are dirty. The dirty link with the lowest level is settled again and
  /// again, and makes dirty what its new level unsettles, until none is left: Bertsekas and Gallager's per-link
  /// computation of a fair rate (section 6.5.2), driven by changes. It ends in any order: once the links below it keep
  /// still, a link that has been settled keeps still as well. Lowest first, a link is seldom settled twice, since
  /// changes spread from lower levels to higher ones only. When much of the network is dirty, or this takes long, it
  /// is filled progressively from nothing instead.
  ///
  /// - Complexity: O(c + l log l) for the l links whose level changes and the c crossings of the flows that they bind
  ///   when each is settled once, as is usual; never more than a few times O(C log L), filling all C crossings of L
  ///   links.
  public mutating func share() {
    changedFlows.removeAll(keepingCapacity: true)
    guard needsSharing else { return }
    shareLevels()
    for link in changedLinks { listChanges(onLink: Int(link)) }
  }

  /// Brings levels up to date as ``share()`` does, but not ``rate(of:)`` nor ``changedFlows``; lists what changed in
  /// ``changedLinks`` and ``movedFlows``.
  ///
  /// For callers that follow links rather than flows, of which there are many more; a flow's rate is then the level of
  /// its bottleneck. A network is shared by one of the two methods throughout.
  public mutating func shareLevels() {
    for link in changedLinks { links[Int(link)].isChanged = false }
    changedLinks.removeAll(keepingCapacity: true)
    movedFlows.removeAll(keepingCapacity: true)
    for flow in newFlows where flows[Int(flow)].bottleneck >= 0 {
      movedFlows.append(flow)
      noteChange(ofLink: Int(bottleneck(of: flow)))
    }
    newFlows.removeAll(keepingCapacity: true)
    if !settleDirtyLinks() { fillEverything() }
  }

  /// Marks every link with a flow for sharing, so that the next ``share()`` looks at the whole network.
  public mutating func shareEverything() {
    for link in links.indices where links[link].count > 0 { markDirty(link) }
  }

  /// Gives the flows that a link binds its level as their rate.
  private mutating func listChanges(onLink link: Int) {
    let rate = levels[link]
    let start = Int(links[link].start)
    for place in start..<start + Int(links[link].boundCount) {
      let slot = members[place] >> Int32(shift)
      guard rates[Int(slot)] != rate else { continue }
      rates[Int(slot)] = rate
      changedFlows.append(slot)
    }
  }

  // MARK: Settling

  /// Settles dirty links until none is left; false when it would be quicker to fill the whole network.
  private mutating func settleDirtyLinks() -> Bool {
    let isWide = dirtyLinks.count > 32 && 4 * dirtyLinks.count > busyLinkCount
    var budget = patience ?? (isWide ? 0 : 4 * (flows.count - freeSlots.count) + 1000)
    guard budget > 0 || dirtyLinks.isEmpty else { return false }
    for link in dirtyLinks { queue(Int(link)) }
    dirtyLinks.removeAll(keepingCapacity: true)
    while let link = settlingHeap.pop()?.link {
      links[Int(link)].isDirty = false
      guard budget > 0 else { return false }
      budget -= settle(Int(link))
    }
    return true
  }

  /// Puts a dirty link in line, by its level or by the lowest that it could have.
  @inline(__always)
  private mutating func queue(_ link: Int) {
    let level = links[link].boundCount > 0 ? levels[link] : capacities[link] / Double(max(1, links[link].count))
    settlingHeap.push(Waiting(level: level, link: Int32(link)))
  }

  /// Settles a link, and returns how many flows it has looked at.
  ///
  /// As a rule the link goes on binding the same flows, at a new level. That is so when the level stays above the
  /// flows that other links bind, and below the other limits of its own flows, which can only fail if it rises. A flow
  /// of another link that is slower by fewer grains than there are flows could have been this link's by rounding.
  private mutating func settle(_ link: Int) -> Int {
    let state = links[link]
    guard state.count > 0, state.mayBind else { return 1 }
    guard state.boundCount > 0, state.slack >= 0 else { return rebind(link) }
    let level = state.slack.share(among: state.boundCount)
    if state.count == state.boundCount {
      links[link].fastest = 0
    } else if state.fastest + Int128(state.count) > level {
      return rebind(link)
    }
    guard level != state.level else { return 1 }
    guard setLevel(ofLink: link, to: level) else { return rebind(link) }
    return Int(state.boundCount)
  }

  /// Moves a link's level together with the flows that it binds; false, and nothing moved, when one of these has a
  /// lower limit elsewhere.
  private mutating func setLevel(ofLink link: Int, to level: Int128) -> Bool {
    let rise = level - links[link].level
    let start = Int(links[link].start)
    let places = start..<start + Int(links[link].boundCount)
    let limit = Limit(level: level, link: Int32(link))
    let end = spread(rise, to: places, limit: limit)
    guard end == places.upperBound else {
      _ = spread(-rise, to: start..<end, limit: limit)
      return false
    }
    links[link].level = level
    levels[link] = grains.rate(level)
    noteChange(ofLink: link)
    return true
  }

  /// Takes a rise of the rates of the flows at some places off the slack of their other links, and puts those that it
  /// may unsettle in line. Returns the first place of a flow with a lower limit on one of them, where it stops.
  @inline(__always)
  private mutating func spread(_ rise: Int128, to places: Range<Int>, limit: Limit) -> Int {
    let end = Self.spread(
      rise, to: places, limit: limit, stride: 1 << shift, members: members, crossingLinks: crossingLinks,
      links: &links, dirty: &dirtyLinks)
    for link in dirtyLinks { queue(Int(link)) }
    dirtyLinks.removeAll(keepingCapacity: true)
    return end
  }

  /// The inner loop of sharing, over plain memory.
  private static func spread(
    _ rise: Int128, to places: Range<Int>, limit: Limit, stride: Int, members: ContiguousArray<Int32>,
    crossingLinks: ContiguousArray<Int32>, links: inout ContiguousArray<Link>, dirty: inout ContiguousArray<Int32>
  ) -> Int {
    links.withUnsafeMutableBufferPointer { links in
      members.withUnsafeBufferPointer { members in
        crossingLinks.withUnsafeBufferPointer { crossingLinks in
          for place in places {
            let first = Int(members[place]) & -stride
            if rise > 0 {
              for crossing in first..<first &+ stride {
                let link = crossingLinks[crossing]
                guard link >= 0 else { break }
                // A link that binds nothing has no level, which is above every limit: asking whether it binds would be
                // a branch that nobody can predict.
                if Limit(level: links[Int(link)].level, link: link) < limit, link != limit.link { return place }
              }
            }
            for crossing in first..<first &+ stride {
              let link = crossingLinks[crossing]
              guard link >= 0 else { break }
              guard link != limit.link else { continue }
              let slack = links[Int(link)].slack &- rise
              links[Int(link)].slack = slack
              if links[Int(link)].boundCount > 0 {
                if links[Int(link)].fastest < limit.level { links[Int(link)].fastest = limit.level }
              } else if slack >= Int128(links[Int(link)].count) {
                continue
              }
              guard !links[Int(link)].isDirty else { continue }
              links[Int(link)].isDirty = true
              dirty.append(link)
            }
          }
          return places.upperBound
        }
      }
    }
  }

  // MARK: Binding anew

  /// Settles a link by choosing the flows that it binds from all its flows, and returns their number.
  private mutating func rebind(_ link: Int) -> Int {
    let count = Int(links[link].count)
    let chosen = chooseBound(link)
    listMoves(ofLink: link, chosenCount: chosen.count)
    for crossing in moves { unbind(Int(crossing) >> shift) }
    if links[link].boundCount == 0 {
      links[link].level = chosen.level
      levels[link] = grains.rate(chosen.level)
    } else if links[link].level != chosen.level {
      // Flows that stay have no lower limit elsewhere, or they would not have been chosen.
      _ = setLevel(ofLink: link, to: chosen.level)
    }
    links[link].fastest = chosen.fastest
    guard !moves.isEmpty else { return count }
    noteChange(ofLink: link)
    for crossing in moves {
      bind(Int(crossing) >> shift, at: Int(crossing))
      movedFlows.append(crossing >> Int32(shift))
      noteChange(ofLink: Int(crossingLinks[Int(crossing)]))
    }
    for crossing in moves {
      for other in crossings(ofSlot: Int(crossing) >> shift) {
        let other = Int(crossingLinks[other])
        guard other != link, !links[other].isDirty, links[other].mayBind else { continue }
        links[other].isDirty = true
        queue(other)
      }
    }
    return count
  }

  /// Goes through a link's flows by their limits on other links, as progressive filling would, and leaves the places
  /// among its members of the flows that are the link's own in `chosenPlaces`, in order.
  ///
  /// Each round passes over all flows whose limit lies below an equal share of what is left; the share only rises by
  /// that, so that none of them could have been kept.
  private mutating func chooseBound(_ link: Int) -> (count: Int, level: Int128, fastest: Int128) {
    let start = Int(links[link].start)
    let count = Int(links[link].count)
    limits.removeAll(keepingCapacity: true)
    chosenPlaces.removeAll(keepingCapacity: true)
    for place in 0..<count {
      let crossing = Int(members[start + place])
      let isBound = place < Int(links[link].boundCount)
      limits.append(
        isBound ? otherLimit(ofCrossing: crossing) : limit(ofLink: bottleneck(of: Int32(crossing >> shift))))
      chosenPlaces.append(Int32(place))
    }
    var left = sizes[link]
    var fastest: Int128 = 0
    var chosen = count
    while chosen > 0 {
      let share = Limit(level: left / Int128(chosen), link: Int32(link))
      var kept = 0
      for index in 0..<chosen {
        let place = chosenPlaces[index]
        let limit = limits[Int(place)]
        if limit < share {
          left -= limit.level
          fastest = max(fastest, limit.level)
        } else {
          chosenPlaces[kept] = place
          kept += 1
        }
      }
      guard kept < chosen else { return (chosen, share.level, fastest) }
      chosen = kept
    }
    return (0, Link.unbound, fastest)
  }

  /// Lists in `moves` the flows that a choice takes from a link or gives to it, each as the crossing that is to bind it.
  private mutating func listMoves(ofLink link: Int, chosenCount: Int) {
    let start = Int(links[link].start)
    moves.removeAll(keepingCapacity: true)
    var index = 0
    for place in 0..<Int(links[link].count) {
      let isChosen = index < chosenCount && Int(chosenPlaces[index]) == place
      if isChosen { index += 1 }
      guard isChosen != (place < Int(links[link].boundCount)) else { continue }
      let crossing = members[start + place]
      moves.append(isChosen ? crossing : self.crossing(ofSlot: Int(crossing) >> shift, onLink: limits[place].link))
    }
  }
}
