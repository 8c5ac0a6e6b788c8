import Quantities
import RealModule

/// Tier 1: the time of a collective as a sum of terms, each a figure of NCCL's tuner times fitted parameters.
struct CollectiveModel: Sendable {
  /// The machine.
  let machine: CollectiveMachine
  /// The call.
  let call: CollectiveCall
  /// What is run.
  let choice: NCCLChoice
  /// The terms.
  let terms: [CollectiveTerm]

  /// The model of a call.
  ///
  /// - Parameters:
  ///   - call: The call.
  ///   - machine: The machine.
  ///   - choice: What is run; nil for what NCCL's tuner chooses.
  init(_ call: CollectiveCall, on machine: CollectiveMachine, choice: NCCLChoice? = nil) {
    self.machine = machine
    self.call = call
    let choice = choice ?? machine.choice(for: call)
    self.choice = choice
    let shape = TermShape(call, NCCLTuner(machine), choice.form)
    switch choice.algorithm {
    case .ring: terms = shape.ring
    case .tree: terms = shape.tree
    case .nvls: terms = shape.nvls
    case .nvlsTree: terms = shape.nvlsTree
    case .pat: terms = shape.pat
    case .pointToPoint: terms = shape.pairs
    }
  }

  /// The time in microseconds.
  func time(_ values: [Double]) -> Double { terms.reduce(0) { $0 + $1.value(values) } }

  /// The time in microseconds, and its derivatives by the logarithms of parameters.
  func evaluate(_ values: [Double], derivatives: inout [Double]) -> Double {
    for index in derivatives.indices { derivatives[index] = 0 }
    return terms.reduce(0) { $0 + $1.evaluate(values, addingTo: &derivatives) }
  }

  /// The time of each part, in microseconds.
  func parts(_ values: [Double]) -> [CollectiveTerm.Part: Double] {
    terms.reduce(into: [:]) { $0[$1.part, default: 0] += $1.value(values) }
  }
}

/// The formulas of tier 1; Experiments/calibration/README.md has them in one place.
private struct TermShape {
  let call: CollectiveCall
  let tuner: NCCLTuner
  let form: NCCLProtocol
  let bytes: Double
  let ranks: Double
  let nodes: Int

  init(_ call: CollectiveCall, _ tuner: NCCLTuner, _ form: NCCLProtocol) {
    self.call = call
    self.tuner = tuner
    self.form = form
    bytes = call.bytes.baseUnits
    ranks = Double(tuner.machine.gpus)
    nodes = tuner.machine.nodes
  }

  var kibibytes: Double { bytes / 1024 }

  func pick(_ ll: CollectiveParameter, _ ll128: CollectiveParameter, _ simple: CollectiveParameter)
    -> CollectiveParameter
  {
    switch form {
    case .ll: ll
    case .ll128: ll128
    case .simple: simple
    }
  }

  var base: CollectiveParameter { pick(.baseLL, .baseLL128, .baseSimple) }
  var hop: CollectiveParameter { pick(.hopLL, .hopLL128, .hopSimple) }
  var netHop: CollectiveParameter { pick(.netHopLL, .netHopLL128, .netHopSimple) }

  /// Hops between nodes, which grow from tiny to medium messages.
  func far(_ latency: Double, _ parameter: CollectiveParameter) -> [CollectiveTerm] {
    guard latency > 0 else { return [] }
    return [
      CollectiveTerm(.far, latency, times: [parameter]),
      CollectiveTerm(.far, latency, times: [parameter, .netGrowth], ramp: (kibibytes, .netGrowthSize)),
    ]
  }

  func onLinks(_ algorithm: NCCLAlgorithm, _ share: CollectiveParameter) -> CollectiveTerm {
    CollectiveTerm(.bytes, bytes / (1000 * tuner.bandwidth(algorithm, form, call)), over: [share])
  }

  var plateau: [CollectiveTerm] {
    guard nodes == 1, form != .simple else { return [] }
    return [CollectiveTerm(.fixed, 1, times: [.plateau], ramp: (kibibytes, .plateauSize))]
  }

  var byteIntegers: [CollectiveTerm] {
    guard call.isByteIntegers, call.collective.isReducing else { return [] }
    return [
      CollectiveTerm(.own, bytes * (ranks - 1) / ranks / (1000 * tuner.width), times: [.byteIntegers])
    ]
  }

  /// A rank's own part, which it copies through its multiprocessors.
  var copy: CollectiveParameter {
    switch call.collective {
    case .allReduce: .copyAllReduce
    case .reduceScatter: .copyReduceScatter
    case .allToAll, .sendReceive: .copyAllToAll
    // Of broadcasts there is no measurement: taken as an all-gather's.
    case .allGather, .broadcast: .copyAllGather
    }
  }

  var ring: [CollectiveTerm] {
    let latency = NCCLConstants.hop(tuner.machine.node.hardware, .ring, form)
    let between = Double(call.collective.stepsBetweenNodes(nodes))
    let inside = Double(call.collective.ringSteps(tuner.machine.gpus)) - between
    var terms = [
      CollectiveTerm(.fixed, NCCLConstants.base(.ring, form), times: [base]),
      CollectiveTerm(.hops, inside * latency, times: [hop]),
      CollectiveTerm(.hops, inside * max(0, tuner.overhead(form) - latency)),
      onLinks(
        .ring,
        nodes == 1
          ? pick(.shareLL, .shareLL128, .shareSimple) : pick(.netShareLL, .netShareLL128, .netShareSimple)),
    ]
    terms += far(between * NCCLConstants.hop(.net, .ring, form), netHop) + plateau + byteIntegers
    if nodes == 1 {
      let own = bytes / ranks
      if form == .simple { terms.append(CollectiveTerm(.own, own / (1000 * tuner.width), times: [copy])) }
      if form == .ll {
        terms.append(CollectiveTerm(.own, own / (1000 * tuner.busBandwidth(.ring, .ll)), times: [.copyLL]))
      }
    }
    return terms.filter { $0.constant > 0 }
  }

  var tree: [CollectiveTerm] {
    let inside = 2 * Double(tuner.machine.gpusPerNode - 1)
    let latency = NCCLConstants.hop(tuner.machine.node.hardware, .tree, form)
    let terms =
      [
        CollectiveTerm(.fixed, NCCLConstants.base(.tree, form), times: [base]),
        CollectiveTerm(.hops, inside * latency, times: [hop]),
        onLinks(.tree, nodes == 1 ? .shareTree : .netShareTree),
      ] + far(2 * tuner.log2Nodes * NCCLConstants.hop(.net, .tree, form), netHop) + plateau + byteIntegers
    return terms.filter { $0.constant > 0 }
  }

  var nvls: [CollectiveTerm] {
    // Each GPU sends its buffer and 1/n of it through its links.
    let reached = tuner.width * NCCLConstants.nvlsShare(tuner.machine.generation)
    return [
      CollectiveTerm(.fixed, 25, times: [.baseSimple]),
      CollectiveTerm(.bytes, bytes * (ranks + 1) / ranks / (1000 * reached)),
    ]
  }

  var nvlsTree: [CollectiveTerm] {
    [
      CollectiveTerm(.fixed, 25, times: [.baseSimple]),
      CollectiveTerm(
        .far, 2 * tuner.log2Nodes * NCCLConstants.hop(.net, .nvlsTree, .simple), times: [.netHopSimple]),
      onLinks(.nvlsTree, .netShareNVLS),
    ]
  }

  var pat: [CollectiveTerm] {
    let latency = tuner.log2Nodes * NCCLConstants.hop(.net, .pat, .simple) / 3.5 + 2.8 * ranks
    return [CollectiveTerm(.fixed, NCCLConstants.base(.pat, .simple), times: [.baseSimple])]
      + far(latency, .netHopSimple) + [onLinks(.pat, .netShareSimple)]
  }

  var pairs: [CollectiveTerm] {
    let machine = tuner.machine
    let isRing = call.collective == .sendReceive
    let toOne = isRing ? kibibytes : kibibytes / ranks
    let (inNode, gpus) = (Double(machine.gpusPerNode), ranks)
    var terms = [
      CollectiveTerm(.fixed, NCCLConstants.base(.ring, .ll), times: [.baseLL, .pairBase]),
      CollectiveTerm(.hops, isRing ? 1 : gpus - 1, times: [.pairPeer]),
      CollectiveTerm(.fixed, 1, times: [.pairGrowth], ramp: (toOne, .pairGrowthSize)),
      CollectiveTerm(.fixed, 1, times: [.pairLargeGrowth], ramp: (toOne, .pairLargeGrowthSize)),
    ]
    if nodes > 1 {
      terms.append(CollectiveTerm(.far, NCCLConstants.hop(.net, .ring, .simple), times: [.netHopSimple]))
    }
    let network = 1000 * tuner.networkWidth / inNode
    switch (isRing, nodes == 1) {
    case (true, true):
      terms.append(
        CollectiveTerm(
          .bytes, bytes / (machine.peerWidth.baseUnits / 1e6), over: [.pairShare, .pairRingShare]))
    case (true, false):
      terms.append(CollectiveTerm(.bytes, bytes / network, over: [.netPairShare]))
    case (false, true):
      terms.append(
        CollectiveTerm(.bytes, bytes * (gpus - 1) / gpus / (1000 * tuner.width), over: [.pairShare]))
      terms.append(CollectiveTerm(.own, bytes / gpus / (1000 * tuner.width), times: [.copyAllToAll]))
    case (false, false):
      terms.append(
        CollectiveTerm(.bytes, bytes * (inNode - 1) / gpus / (1000 * tuner.width), over: [.pairShare]))
      terms.append(CollectiveTerm(.bytes, bytes * (gpus - inNode) / gpus / network, over: [.netPairShare]))
    }
    return terms.filter { $0.constant > 0 }
  }
}
