import Programs

extension Engine {
  /// Starts a message whose two sides have both been reached, now or at a time to come.
  mutating func begin(_ message: Int) {
    let ends = program.messages[message]
    let start = max(starts[Int(ends.send)], starts[Int(ends.receive)])
    messageStarts[message] = start
    let way = ways[Int(plan.routeOfMessage[message])]
    if followsEverything || outages.areExpected
      || (way.overhead > 0 && (followsClock || !plan.postsInOrder[Int(ends.from)]))
    {
      underWayCount += 1
      // Last of its instant, as then all messages that start with it are known.
      queue.pushLast(
        time: start, payload: Self.payload(EventKind.start, message), order: UInt32(truncatingIfNeeded: message))
      return
    }
    let posted = start + way.overhead
    messagePosts[message] = posted
    if way.isLone {
      let arrival =
        messageConditions.isPlain
        ? way.arrival(posted: posted, bytes: ends.bytes)
        : way.arrival(
          posted: posted, message: message, bytes: ends.bytes, on: routes[Int(plan.routeOfMessage[message])],
          messageConditions)
      deliver(message, at: arrival)
    } else {
      underWayCount += 1
      activateLater(message, on: plan.routeOfMessage[message], posted: posted)
    }
  }

  /// Has the sender's software post a message after all that it posted before, once a copy engine is free.
  mutating func post(_ message: Int) {
    if followsEverything, !occupyDevices(message) { return }
    postNow(message)
  }

  mutating func postNow(_ message: Int) {
    var route = plan.routeOfMessage[message]
    if outages.areExpected {
      // What has failed before is known when a message is posted; what fails later is found on the way.
      guard let open = chooseRoute(message) else { return }
      route = open
    }
    let way = ways[Int(route)]
    let sender = Int(program.messages[message].from)
    let posted = max(now, postedUntil[sender]) + way.overhead
    postedUntil[sender] = posted
    messagePosts[message] = posted
    activateLater(message, on: route, posted: posted)
  }

  @inline(__always)
  private mutating func activateLater(_ message: Int, on route: Int32, posted: Double) {
    let extra =
      messageConditions.isPlain
      ? 0 : messageConditions.extraLatency(ofMessage: message, on: routes[Int(route)])
    schedule(EventKind.activation, message, at: posted + (ways[Int(route)].latency + extra))
  }

  /// Lets the bytes of a message flow.
  mutating func activate(_ message: Int) {
    guard message < program.messages.count else {
      activateBackground(message - program.messages.count)
      return
    }
    let ends = program.messages[message]
    var route = plan.routeOfMessage[message]
    var bytes =
      messageConditions.isPlain
      ? Double(ends.bytes) : messageConditions.wireBytes(ends.bytes, on: routes[Int(route)])
    if outages.areExpected {
      if let transit = outages.transits[Int32(message)] { (route, bytes) = (transit.route, transit.left) }
      guard !outages.block(plan.links.resources(of: routes[Int(route)])) else {
        divert(message, left: bytes)
        return
      }
      outages.transits[Int32(message)]?.start = now
    }
    guard bytes > 0, ways[Int(route)].bandwidth < .infinity else {
      complete(message)
      return
    }
    flow(message, bytes: bytes, on: route)
  }

  mutating func flow(_ message: Int, bytes: Double, on route: Int32) {
    let flow = network.insert(route: route)
    while slotMessages.count <= Int(flow) { slotMessages.append(-1) }
    slotMessages[Int(flow)] = Int32(message)
    // A flow that meets others gets its rate, and its arrival, when the instant's events are all in.
    progress.start(flow, bytes: bytes, network: network, at: now)
  }

  /// Has every message arrive whose bytes a link has served by now.
  mutating func arrive(onLink link: Int32) {
    while let flow = progress.popFinished(onLink: link, at: now) {
      network.remove(flow)
      let message = Int(slotMessages[Int(flow)])
      if message < program.messages.count {
        complete(message)
      } else {
        completeBackground(message - program.messages.count)
      }
    }
  }

  /// Ends a message that was followed by events, now.
  @inline(__always)
  private mutating func complete(_ message: Int) {
    underWayCount -= 1
    if outages.areExpected { outages.settle(message, bytes: program.messages[message].bytes, at: now) }
    if followsEverything {
      leaveDevices(message)
      if inboxes.areInUse {
        receive(message)
        return
      }
    }
    deliver(message, at: now)
  }

  @inline(__always)
  mutating func deliver(_ message: Int, at time: Double) {
    let ends = program.messages[message]
    finish(Int(ends.receive), at: time)
    finish(Int(ends.send), at: time)
  }

  /// Shares the links anew where flows have come or gone, and moves the arrivals that this changes.
  mutating func shareLevels() {
    if network.needsSharing {
      network.shareLevels()
      progress.update(from: network, at: now)
    }
    for place in progress.movedLinks.indices {
      let link = progress.movedLinks[place]
      let time = progress.nextFinish(ofLink: link)
      let sequence = time < .infinity ? schedule(EventKind.arrival, Int(link), at: time) : .max
      arrivalSequences[Int(link)] = sequence
    }
    progress.clearMovedLinks()
  }
}
