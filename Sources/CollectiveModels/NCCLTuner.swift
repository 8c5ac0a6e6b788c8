import Quantities
import RealModule

/// NCCL's choice of algorithm and protocol, from its own constants: `ncclTopoTuneModel` of src/graph/tuning.cc, NVIDIA/nccl
/// @5067397c2676 (2.30.7), for the algorithms that need no other switches.
///
/// Times are in microseconds, bandwidths in GB/s and sizes in bytes.
struct NCCLTuner {
  let machine: CollectiveMachine

  init(_ machine: CollectiveMachine) { self.machine = machine }

  /// W.
  var width: Double { machine.width.baseUnits / 1e9 }
  /// Wn; endless for one node.
  var networkWidth: Double { machine.network.map { $0.width.baseUnits / 1e9 } ?? .infinity }
  /// N1, N2 or N4+.
  private var size: Int { min(machine.nodes, 3) - 1 }
  private var ranks: Double { Double(machine.gpus) }
  private var channels: Double { Double(machine.channels) }
  var log2Nodes: Double { Double.log2(Double(machine.nodes)) }

  /// The bus bandwidth of a ring or tree before corrections.
  func busBandwidth(_ algorithm: NCCLAlgorithm, _ form: NCCLProtocol) -> Double {
    let (generation, nodes) = (machine.generation, machine.nodes)
    let whole = nodes == 1 ? width : min(width, networkWidth)
    let most = NCCLConstants.mostLL(generation, size)
    switch (algorithm, form) {
    case (.ring, .ll): return min(most, whole / 2)
    case (.ring, .ll128): return min(0.92 * whole, channels * NCCLConstants.ringLL128(generation))
    case (.ring, .simple): return whole
    case (.tree, _):
      let tree = min(0.92 * whole, channels * NCCLConstants.tree(generation, size))
      switch form {
      case .ll: return min(tree / 3.8, most)
      case .ll128:
        return min(
          tree * (nodes == 1 ? 7.0 / 9 : 120.0 / 128), channels * NCCLConstants.treeLL128(generation, size))
      case .simple: return tree
      }
    default: return whole
    }
  }

  /// The bytes of the call over this are the time of its bytes: the algorithm's bandwidth, with the tree's correction.
  func bandwidth(_ algorithm: NCCLAlgorithm, _ form: NCCLProtocol, _ call: CollectiveCall) -> Double {
    let generation = machine.generation
    switch algorithm {
    case .ring:
      return busBandwidth(.ring, form) * ranks / Double(call.collective.ringSteps(machine.gpus))
    case .tree:
      let bytes = call.bytes.count
      let isCorrected = bytes >= 64 && bytes < 1 << 30
      let octave = isCorrected ? 63 - (bytes / 64).leadingZeroBitCount : -1
      return busBandwidth(.tree, form) / 2 * NCCLConstants.treeCorrection(form, octave: octave)
    case .nvls: return width * NCCLConstants.nvlsShare(generation) * 5 / 6
    case .nvlsTree:
      let inside = min(
        width * NCCLConstants.nvlsShare(generation), channels * NCCLConstants.nvlsTree(generation, size))
      return min(inside * 5 / 6, networkWidth * (machine.nodes == 2 ? 1 : 0.5))
    case .pat: return 0.75 * busBandwidth(.ring, .simple) * ranks / (ranks - 1)
    case .pointToPoint: return pairBandwidth(call)
    }
  }

  /// For messages between pairs: the slower of the links in a node and the network.
  private func pairBandwidth(_ call: CollectiveCall) -> Double {
    let (inNode, nodes) = (Double(machine.gpusPerNode), machine.nodes)
    if call.collective == .sendReceive {
      return nodes == 1 ? machine.peerWidth.baseUnits / 1e9 : networkWidth / inNode
    }
    let inside = width * ranks / max(inNode - 1, 1)
    return nodes == 1 ? inside : min(inside, networkWidth / inNode * ranks / (ranks - inNode))
  }

  /// What a hop in a ring within a node costs beyond its own latency where the network is waited for.
  func overhead(_ form: NCCLProtocol) -> Double {
    machine.nodes == 1 ? 0 : machine.networkOverhead * (form == .simple ? 3 : 1)
  }

  /// The latency.
  func latency(_ algorithm: NCCLAlgorithm, _ form: NCCLProtocol, _ call: CollectiveCall) -> Double {
    let base = NCCLConstants.base(algorithm, form)
    let hop = NCCLConstants.hop(machine.node.hardware, algorithm, form)
    let far = NCCLConstants.hop(.net, algorithm, form)
    let inNode = Double(machine.gpusPerNode)
    switch algorithm {
    case .ring:
      let steps = Double(call.collective.ringSteps(machine.gpus))
      let between = Double(call.collective.stepsBetweenNodes(machine.nodes))
      var latency = base + (steps - between) * max(hop, overhead(form)) + between * far
      let perChannel = call.bytes.baseUnits / (channels * ranks)
      if form == .simple, machine.nodes > 1, call.collective == .allReduce, perChannel >= 64 {
        latency *= machine.capability >= 80 ? 1.4 : 1.9
      }
      return latency
    case .tree: return base + 2 * ((inNode - 1) * hop + log2Nodes * far)
    case .nvls: return 25
    case .nvlsTree: return 25 + 2 * log2Nodes * far
    case .pat: return base + log2Nodes * far / 3.5 + 2.8 * ranks
    case .pointToPoint: return machine.nodes == 1 ? 0 : far
    }
  }

  /// NCCL's own time of one choice, in microseconds.
  func time(_ algorithm: NCCLAlgorithm, _ form: NCCLProtocol, _ call: CollectiveCall) -> Double {
    latency(algorithm, form, call) + call.bytes.baseUnits / (1000 * bandwidth(algorithm, form, call))
  }

  /// The choices that there are for a collective, in NCCL's order.
  func choices(_ collective: CollectiveKind) -> [(algorithm: NCCLAlgorithm, form: NCCLProtocol)] {
    guard !collective.isPointToPoint else { return [(.pointToPoint, .simple)] }
    // EFA delivers in any order: its plugin sets NCCL_PROTO=simple before Hopper.
    let isSimpleOnly = machine.network?.kind == .efa && machine.capability < 90
    let forms: [NCCLProtocol] =
      isSimpleOnly ? [.simple] : machine.hasLL128 ? [.ll, .ll128, .simple] : [.ll, .simple]
    var list = forms.map { (NCCLAlgorithm.ring, $0) }
    if collective == .allReduce {
      list += forms.map { (NCCLAlgorithm.tree, $0) }
      if machine.hasNVLS { list.append((machine.nodes == 1 ? .nvls : .nvlsTree, .simple)) }
    }
    if collective == .allGather || collective == .reduceScatter, machine.nodes > 2, machine.gpusPerNode == 1 {
      list.append((.pat, .simple))
    }
    return list
  }

  /// The choice of the least time; the first of equals.
  func choose(_ call: CollectiveCall) -> NCCLChoice {
    var best = (algorithm: NCCLAlgorithm.ring, form: NCCLProtocol.simple, time: Double.infinity)
    for (algorithm, form) in choices(call.collective) {
      let time = time(algorithm, form, call)
      if time < best.time { best = (algorithm, form, time) }
    }
    return NCCLChoice(algorithm: best.algorithm, form: best.form, estimate: Seconds(best.time * 1e-6))
  }
}

extension CollectiveMachine {
  /// What NCCL's tuner chooses for a call.
  public func choice(for call: CollectiveCall) -> NCCLChoice { NCCLTuner(self).choose(call) }

  /// All that NCCL's tuner chooses among for a call, with its time of each.
  public func choices(for call: CollectiveCall) -> [NCCLChoice] {
    let tuner = NCCLTuner(self)
    return tuner.choices(call.collective).map {
      NCCLChoice(
        algorithm: $0.algorithm, form: $0.form, estimate: Seconds(tuner.time($0.algorithm, $0.form, call) * 1e-6))
    }
  }
}
