import Programs
import Quantities
import Topologies
import Workloads

/// A way to run one step of one attention layer on several ranks.
///
/// An algorithm is a function from a workload and a group of ranks to a ``Program``, with a closed form beside it that
/// is worked out on its own, by formulas, and must agree with the program's simulated bytes and memory exactly.
/// Adding one is one file that conforms to this protocol and a case in ``AlgorithmChoice``.
public protocol AttentionAlgorithm: Sendable {
  /// The name of the algorithm: "tree", "ring", "all-gather", "single".
  var name: String { get }
  /// Its options, in words: "3 all-reduces, ring".
  var options: String { get }

  /// How queries are dealt out to ranks; nil when every rank has all of them.
  var queryLayout: TokenLayout? { get }

  /// The operations of every rank.
  ///
  /// - Parameters:
  ///   - workload: The step.
  ///   - group: The ranks and the nodes that they sit in.
  ///   - keepsOperands: Whether operations remember their slices; see ``ProgramBuilder``.
  func program(for workload: AttentionWorkload, on group: RankGroup, keepsOperands: Bool) -> Program

  /// The bytes, memory and time of the step by formula.
  ///
  /// - Parameters:
  ///   - workload: The step.
  ///   - group: The ranks and the nodes that they sit in.
  ///   - machine: The rates that times are worked out with.
  func closedForm(for workload: AttentionWorkload, on group: RankGroup, machine: MachineModel) -> ClosedForm
}

extension AttentionAlgorithm {
  /// Nil: every rank has all queries.
  public var queryLayout: TokenLayout? { nil }

  /// Which tokens each of so many ranks holds.
  public func shares(of workload: AttentionWorkload, among ranks: Int) -> TokenShares {
    TokenShares(of: workload, among: ranks, queryLayout: queryLayout)
  }

  /// The operations of every rank, with the slices that they read and write; see
  /// ``program(for:on:keepsOperands:)``.
  public func program(for workload: AttentionWorkload, on group: RankGroup) -> Program {
    program(for: workload, on: group, keepsOperands: true)
  }
}
