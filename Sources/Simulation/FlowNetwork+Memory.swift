extension FlowNetwork {
  /// The arrays that flows are written in, as plain memory: what comes and goes with every flow touches a dozen places,
  /// each of which an array would check for other owners.
  ///
  /// It is valid only inside of ``FlowNetwork/withMemory(_:)``. Debug builds check every index.
  struct Memory {
    let links: UnsafeMutableBufferPointer<Link>
    let members: UnsafeMutableBufferPointer<Int32>
    let crossingLinks: UnsafeMutableBufferPointer<Int32>
    let crossingPlaces: UnsafeMutableBufferPointer<Int32>
    let flows: UnsafeMutableBufferPointer<Flow>
    let shift: Int

    @inline(__always)
    func crossings(ofSlot slot: Int) -> Range<Int> {
      let first = slot << shift
      return first..<first &+ Int(flows[slot].length)
    }

    /// See ``FlowNetwork/bind(_:at:)``.
    @inline(__always)
    func bind(_ slot: Int, at bottleneck: Int) {
      let level = links[Int(crossingLinks[bottleneck])].level
      for crossing in crossings(ofSlot: slot) {
        let link = Int(crossingLinks[crossing])
        if crossing == bottleneck {
          swapMembers(Int(crossingPlaces[crossing]), Int(links[link].start &+ links[link].boundCount))
          links[link].boundCount &+= 1
        } else {
          links[link].slack &-= level
          if links[link].fastest < level { links[link].fastest = level }
        }
      }
      flows[slot].bottleneck = Int32(bottleneck)
    }

    /// See ``FlowNetwork/unbind(_:)``.
    @inline(__always)
    func unbind(_ slot: Int) {
      let bottleneck = Int(flows[slot].bottleneck)
      let level = links[Int(crossingLinks[bottleneck])].level
      for crossing in crossings(ofSlot: slot) {
        let link = Int(crossingLinks[crossing])
        if crossing == bottleneck {
          links[link].boundCount &-= 1
          swapMembers(Int(crossingPlaces[crossing]), Int(links[link].start &+ links[link].boundCount))
          if links[link].boundCount == 0 { links[link].level = Link.unbound }
        } else {
          links[link].slack &+= level
        }
      }
      flows[slot].bottleneck = -1
    }

    /// Takes a crossing off its link, and returns the number of flows that the link has left.
    @inline(__always)
    func leave(_ crossing: Int) -> Int32 {
      let link = Int(crossingLinks[crossing])
      let count = links[link].count &- 1
      links[link].count = count
      swapMembers(Int(crossingPlaces[crossing]), Int(links[link].start &+ count))
      return count
    }

    @inline(__always)
    func swapMembers(_ left: Int, _ right: Int) {
      guard left != right else { return }
      let (first, second) = (members[left], members[right])
      (members[left], members[right]) = (second, first)
      crossingPlaces[Int(first)] = Int32(right)
      crossingPlaces[Int(second)] = Int32(left)
    }
  }

  /// Works on the arrays of flows as plain memory. The body must not touch the network in any other way.
  @inline(__always)
  mutating func withMemory<Result>(_ body: (Memory) -> Result) -> Result {
    Self.withMemory(&links, &members, &crossingLinks, &crossingPlaces, &flows, shift: shift, body)
  }

  @inline(__always)
  private static func withMemory<Result>(
    _ links: inout ContiguousArray<Link>, _ members: inout ContiguousArray<Int32>,
    _ crossingLinks: inout ContiguousArray<Int32>, _ crossingPlaces: inout ContiguousArray<Int32>,
    _ flows: inout ContiguousArray<Flow>, shift: Int, _ body: (Memory) -> Result
  ) -> Result {
    links.withUnsafeMutableBufferPointer { links in
      members.withUnsafeMutableBufferPointer { members in
        crossingLinks.withUnsafeMutableBufferPointer { crossingLinks in
          crossingPlaces.withUnsafeMutableBufferPointer { crossingPlaces in
            flows.withUnsafeMutableBufferPointer { flows in
              body(
                Memory(
                  links: links, members: members, crossingLinks: crossingLinks, crossingPlaces: crossingPlaces,
                  flows: flows, shift: shift))
            }
          }
        }
      }
    }
  }
}

extension Int128 {
  /// An equal share of a level or slack, rounded down. Neither may be negative, and a link with flows has at least one.
  ///
  /// The library's division of 128-bit numbers by long division of any two takes ten times as long.
  @inline(__always)
  func share(among count: Int32) -> Int128 {
    if count == 1 { return self }
    let divisor = UInt64(UInt32(bitPattern: count))
    let (high, rest) = UInt64(truncatingIfNeeded: self >> 64).quotientAndRemainder(dividingBy: divisor)
    let low = divisor.dividingFullWidth((rest, UInt64(truncatingIfNeeded: self))).quotient
    return Int128(high) << 64 | Int128(low)
  }
}
