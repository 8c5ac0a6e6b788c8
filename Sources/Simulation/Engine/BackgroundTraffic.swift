import Quantities

/// Traffic beside the program's, and what of it is under way: at most one message of each flow.
struct BackgroundTraffic {
  /// The message that a flow has under way.
  struct Current {
    /// The route that it is on.
    var route: Int32
    /// When it started.
    var start: Double
    /// The bytes that it had to go when it was put on the route.
    var left: Double
  }

  /// How many messages a run follows; each is kept for the record.
  static let most = 10_000_000

  let flows: [BackgroundFlow]
  /// The message of each flow; nil when none is under way.
  var current: [Current?]
  /// What has been carried.
  private(set) var transfers: [BackgroundTransfer] = []
  private var routes: [Int32?]

  init(conditions: Conditions) {
    flows = conditions.background
    current = [Current?](repeating: nil, count: flows.count)
    routes = [Int32?](repeating: nil, count: flows.count)
  }

  /// Whether there is any, so that the queue may never run dry.
  var isEndless: Bool { !flows.isEmpty }

  /// The planned route of a flow, once it has been found.
  func route(ofFlow index: Int) -> Int32? { routes[index] }

  mutating func setRoute(_ route: Int32, ofFlow index: Int) { routes[index] = route }

  /// Ends the message of a flow at a time, with so many bytes to go.
  mutating func close(_ index: Int, at time: Double, left: Double) {
    guard let message = current[index] else { return }
    current[index] = nil
    let bytes = Int64((Double(flows[index].bytes.count) - left).rounded())
    transfers.append(
      BackgroundTransfer(
        flow: index, route: message.route, start: Seconds(message.start), end: Seconds(time),
        bytes: Bytes(max(0, bytes))))
  }
}
