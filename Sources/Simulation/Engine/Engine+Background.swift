import Programs
import Quantities
import Topologies

extension Engine {
  /// Starts the next message of background traffic; its bytes flow at once.
  mutating func startBackground(_ index: Int) {
    guard background.transfers.count < BackgroundTraffic.most else {
      failure = .tooMuchBackground(messages: BackgroundTraffic.most)
      return
    }
    guard let route = background.route(ofFlow: index) ?? planBackground(index) else { return }
    background.current[index] = BackgroundTraffic.Current(
      route: route, start: now, left: Double(background.flows[index].bytes.count))
    activateBackground(index)
  }

  /// Finds the route of a flow; nil where its ranks are not connected.
  private mutating func planBackground(_ index: Int) -> Int32? {
    let flow = background.flows[index]
    guard let route = topology.route(from: flow.from, to: flow.to) else { return nil }
    let added = addRoute(route)
    background.setRoute(added, ofFlow: index)
    return added
  }

  mutating func activateBackground(_ index: Int) {
    guard let message = background.current[index] else { return }
    let route = routes[Int(message.route)]
    if outages.areExpected, outages.block(plan.links.resources(of: route)) {
      divertBackground(index, left: message.left)
    } else if message.left > 0, !route.links.isEmpty {
      flow(program.messages.count + index, bytes: message.left, on: message.route)
    } else {
      completeBackground(index)
    }
  }

  mutating func completeBackground(_ index: Int) {
    let flow = background.flows[index]
    let next = max(now, (background.current[index]?.start ?? now) + (flow.interval?.seconds ?? 0))
    background.close(index, at: now, left: 0)
    if let end = flow.end, next > end.seconds { return }
    schedule(EventKind.background, index, at: next)
  }

  /// Sends the rest of a message of background traffic another way; where there is none, the flow ends.
  mutating func divertBackground(_ index: Int, left: Double) {
    let flow = background.flows[index]
    guard let planned = background.route(ofFlow: index),
      let route = openRoute(from: flow.from, to: flow.to, planned: planned)
    else {
      background.close(index, at: now, left: left)
      return
    }
    background.current[index]?.route = route
    background.current[index]?.left = left
    activateBackground(index)
  }

  /// What background traffic has moved, that still under way included.
  mutating func transfersOfBackground() -> [BackgroundTransfer] {
    for slot in slotMessages.indices where Int(slotMessages[slot]) >= program.messages.count {
      guard network.holds(Int32(slot)) else { continue }
      background.close(
        Int(slotMessages[slot]) - program.messages.count, at: now, left: progress.remaining(of: Int32(slot), at: now))
    }
    return background.transfers
  }
}
