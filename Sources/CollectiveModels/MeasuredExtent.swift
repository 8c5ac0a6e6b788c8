import Quantities
import RealModule

/// What measurements say of one machine: which of its calls were measured, and what of a call was not.
struct MeasuredExtent {
  /// A measured group and the machine that its texts describe, with one of its numbers of ranks.
  private struct Known {
    let group: SizeResiduals.Group
    let machine: CollectiveMachine
  }

  private let machine: CollectiveMachine
  private let known: [Known]

  init(_ residuals: SizeResiduals, _ machine: CollectiveMachine) {
    self.machine = machine
    known = residuals.groups.compactMap { group in
      guard let ranks = group.curves.keys.min(),
        let found = try? CollectiveMachine(
          gpu: group.gpu, interconnect: group.interconnect, gpus: ranks, nodes: group.nodes)
      else { return nil }
      return Known(group: group, machine: found)
    }
  }

  /// Tier 2 of a call.
  struct Match {
    let value: Double
    let source: String
    let isMeasured: Bool
  }

  /// Whether measurements are of the same hardware, whatever the number of ranks of a node.
  private func isSame(_ other: CollectiveMachine) -> Bool {
    other.gpu == machine.gpu && other.node == machine.node && other.nodes == machine.nodes
      && other.network == machine.network
      && (machine.node == .xgmi ? other.peerWidth == machine.peerWidth : other.width == machine.width)
      && (machine.nodes == 1 || other.gpusPerNode == machine.gpusPerNode)
  }

  /// Tier 2 of a call: the first measurements of the same hardware that say something of it.
  func match(_ call: CollectiveCall, octave: Double) -> Match? {
    for entry in known where entry.group.collective == call.collective && isSame(entry.machine) {
      let (value, isMeasured, applies) = entry.group.value(gpus: machine.gpus, octave: octave)
      guard applies else { continue }
      return Match(value: value, source: "\(entry.group.gpu), \(entry.group.software)", isMeasured: isMeasured)
    }
    return nil
  }

  /// Groups of the same class of nodes, and between nodes of the same class of networks.
  private func kin(_ other: CollectiveMachine) -> Bool {
    (other.nodes > 1) == (machine.nodes > 1)
      && (machine.nodes > 1 ? other.network?.kind == machine.network?.kind : other.node == machine.node)
  }

  private static func list(_ numbers: [Int]) -> String {
    Set(numbers).sorted().map { "\($0)" }.joined(separator: ", ")
  }

  /// What of a call was not measured, each as a phrase; empty where all was.
  func outside(_ call: CollectiveCall, _ choice: NCCLChoice, octave: Double, match: Match?) -> [String] {
    if match?.isMeasured == true { return machine.assumptions.map { "taken for granted: \($0)" } }
    var reasons: [String] = []
    let alike = known.filter { kin($0.machine) }
    let place = machine.network.map { "\($0.kind.rawValue) between nodes" } ?? machine.node.rawValue
    if alike.isEmpty {
      reasons.append("nothing was measured on \(place)")
    } else {
      let same = alike.filter { isSame($0.machine) }
      if same.isEmpty, machine.nodes == 1 || !alike.contains(where: { $0.machine.nodes != machine.nodes }) {
        reasons.append("\(machine.gpu) with this network or width was not measured, only others of \(place)")
      }
      let nodes = alike.map(\.machine.nodes)
      if !nodes.contains(machine.nodes) {
        reasons.append("\(machine.nodes) nodes (measured: \(Self.list(nodes)))")
      }
      let kinds = alike.filter { $0.group.collective == call.collective }
      if kinds.isEmpty {
        reasons.append("\(call.collective.rawValue) was not measured on \(place)")
      } else {
        let ranks = kinds.flatMap { entry in entry.group.curves.keys.map { $0 } }
        if !ranks.contains(machine.gpus) {
          reasons.append("\(machine.gpus) GPUs (measured: \(Self.list(ranks)))")
        }
        let curves = kinds.flatMap { Array($0.group.curves.values) }
        if let least = curves.map(\.least).min(), octave < least - 1e-9 {
          reasons.append("\(call.bytes) (measured from \(Bytes(Int64(Double.exp2(least).rounded()))) on)")
        }
        if let most = curves.map(\.most).max(), octave > most + 1e-9 {
          reasons.append("\(call.bytes) (measured up to \(Bytes(Int64(Double.exp2(most).rounded()))))")
        }
      }
    }
    if !isMeasured(choice.algorithm, call) {
      reasons.append(
        "\(choice.algorithm.rawValue) was not measured \(machine.nodes == 1 ? "in a node" : "between nodes")")
    }
    return reasons + machine.assumptions.map { "taken for granted: \($0)" }
  }

  /// Whether some measured call ran an algorithm, inside a node or between nodes as here.
  private func isMeasured(_ algorithm: NCCLAlgorithm, _ call: CollectiveCall) -> Bool {
    known.contains { entry in
      guard (entry.machine.nodes > 1) == (machine.nodes > 1) else { return false }
      return entry.group.curves.contains { ranks, curve in
        guard
          let other = try? CollectiveMachine(
            gpu: entry.group.gpu, interconnect: entry.group.interconnect, gpus: ranks, nodes: entry.group.nodes)
        else { return false }
        return stride(from: curve.least, through: curve.most, by: 1).contains { octave in
          let call = CollectiveCall(
            collective: entry.group.collective, bytes: Bytes(Int64(Double.exp2(octave).rounded())))
          return other.choice(for: call).algorithm == algorithm
        }
      }
    }
  }

  /// How much is known of a call.
  func cell(_ call: CollectiveCall, _ choice: NCCLChoice, match: Match?, isOwn: Bool) -> CollectiveIntervals.Cell {
    if let match, match.isMeasured { return .calibrated(choice) }
    let alike = known.filter { kin($0.machine) }
    let collective = alike.filter { $0.group.collective == call.collective }
    let nodesKnown = alike.contains { $0.machine.nodes == machine.nodes }
    let classKnown = machine.nodes == 1 || known.contains { $0.machine.node == machine.node }
    guard isOwn, !alike.isEmpty, nodesKnown, classKnown, isMeasured(choice.algorithm, call) else {
      return .otherCluster
    }
    let ranks = collective.flatMap { entry in entry.group.curves.keys.map { $0 } }
    let isSameHardware = collective.contains { isSame($0.machine) }
    if machine.nodes == 1, isSameHardware, !ranks.contains(machine.gpus) { return .otherRanks }
    return .otherLog
  }
}
