import Quantities
import Simulation

/// What the operations of a run have to do with each knob: which it limits, and how near those are to the critical path.
struct KnobUse {
  /// For each knob, the least slack of the operations that it limits, in seconds.
  private(set) var leastSlack: [Knob: Double] = [:]
  /// The link classes that messages crossed.
  private(set) var crossed: Set<String> = []
  /// The link classes that bytes crossed.
  private(set) var loaded: Set<String> = []
  /// For each knob, one that limited an operation in its place.
  private(set) var rivals: [Knob: Knob] = [:]

  /// Looks at every operation of a run.
  ///
  /// - Complexity: O(operations + dependencies).
  init(of run: SimulationRun) {
    let slack = Slack(of: run).seconds
    addKernels(of: run, slack)
    addMessages(of: run, slack)
  }

  private mutating func note(_ knob: Knob, _ slack: Double) {
    for knob in [knob, Knob(knob.figure, of: nil)] { leastSlack[knob] = min(leastSlack[knob] ?? .infinity, slack) }
  }

  private mutating func addKernels(of run: SimulationRun, _ slack: [Double]) {
    let (program, topology) = (run.program, run.topology)
    let kernels = program.kernels.count
    var least = [Double](repeating: .infinity, count: kernels * topology.profiles.count)
    for operation in 0..<program.count where program.kinds[operation] == .compute {
      let profile = topology.devices[Int(program.ranks[operation])].profile
      let place = profile * kernels + Int(program.subjects[operation])
      least[place] = min(least[place], slack[operation])
    }
    for (place, slack) in least.enumerated() where slack < .infinity {
      // No figure of the cluster changes a time that is given.
      if run.conditions.kernelTime(profile: place / kernels, kernel: place % kernels) != nil { continue }
      let (profile, kernel) = (topology.profiles[place / kernels], program.kernels[place % kernels])
      if kernel.launched, profile.launchOverhead > .zero { note(Knob(.launchOverhead, of: profile.name), slack) }
      let memory = Knob(.memoryBandwidth, of: profile.name)
      let arithmetic = Knob(.arithmetic, of: profile.name)
      let whole = profile.rooflineTime(flops: kernel.flops, bytes: kernel.bytes, type: kernel.type)
      guard whole > .zero else { continue }
      let isStreaming = kernel.bytes / profile.achievedMemoryBandwidth >= whole
      note(isStreaming ? memory : arithmetic, slack)
      rivals[isStreaming ? arithmetic : memory] = isStreaming ? memory : arithmetic
    }
  }

  private mutating func addMessages(of run: SimulationRun, _ slack: [Double]) {
    let (program, topology) = (run.program, run.topology)
    var least = [Double](repeating: .infinity, count: run.timeline.routes.count)
    var leastLoaded = least
    for (index, message) in program.messages.enumerated() {
      let route = run.firstRoute(ofMessage: index)
      least[route] = min(least[route], slack[Int(message.receive)])
      if message.bytes > 0 { leastLoaded[route] = min(leastLoaded[route], slack[Int(message.receive)]) }
    }
    for (index, route) in run.timeline.routes.enumerated() where least[index] < .infinity {
      let classes = Set(route.links.map { topology.graph.linkClass(ofLink: Int($0)) })
      let costly = classes.filter { $0.messageOverhead == route.messageOverhead && $0.messageOverhead > .zero }
      let narrow = classes.filter { $0.payloadBandwidth == route.bandwidth }
      for linkClass in classes {
        crossed.insert(linkClass.name)
        if linkClass.latency > .zero { note(Knob(.latency, of: linkClass.name), least[index]) }
        limit(Knob(.messageOverhead, of: linkClass.name), least[index], among: costly.map(\.name))
        guard leastLoaded[index] < .infinity else { continue }
        loaded.insert(linkClass.name)
        limit(Knob(.bandwidth, of: linkClass.name), leastLoaded[index], among: narrow.map(\.name))
      }
    }
  }

  /// Notes that an operation is limited by a knob where it is the only one of its figure to do so, and else by which.
  private mutating func limit(_ knob: Knob, _ slack: Double, among limiting: [String]) {
    if limiting == [knob.target] {
      note(knob, slack)
      return
    }
    // Of two that are equally narrow, neither limits alone; together they do.
    if !limiting.isEmpty { note(Knob(knob.figure, of: nil), slack) }
    if let other = limiting.filter({ $0 != knob.target }).min() { rivals[knob] = Knob(knob.figure, of: other) }
  }

  /// Why a knob changes nothing.
  ///
  /// - Parameters:
  ///   - knob: The knob.
  ///   - share: Its share of the critical path.
  ///   - makespan: The time of the step.
  func reason(for knob: Knob, share: Double, of makespan: Seconds) -> Sensitivity.Hidden {
    if knob.figure.isOfLinks {
      let names = knob.figure == .bandwidth ? loaded : crossed
      if !names.contains(where: knob.turns) { return .unused(carriesMessages: crossed.contains(where: knob.turns)) }
    }
    guard let slack = leastSlack[knob] else { return rivals[knob].map { .behind($0) } ?? .limitsNothing }
    return share > 0 || slack <= Sensitivity.rounding * makespan.seconds
      ? .equalChain(rivals[knob]) : .offPath(slack: Seconds(slack))
  }
}
