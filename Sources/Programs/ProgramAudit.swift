/// What is wrong with a program's schedule: its structure, and races between its operations.
///
///     ProgramAudit(program).faults.isEmpty  // right in every order that it can run in
///
/// The audit is exact: it looks at no run, but at what happens before what in all of them (``ProgramGraph``). Two uses
/// of the same elements of a buffer, of which one writes, must be ordered. A kernel uses its slices from start to
/// finish; a message reads its source and writes its target from the moment at which both of its ends have been reached
/// until it has arrived; an `allocate` and a `free` write the whole buffer.
///
/// It is enough to ask that each use of an element come after the last write before it and, if it writes, after the
/// reads since: the rest follows, as order is transitive. So a program with races has one that is named, though perhaps
/// not all of them.
///
/// - Complexity: O(operations + dependencies), and for each use the ancestors between it and the uses before it; a few
///   in the programs of this project.
public struct ProgramAudit: Sendable {
  /// What is wrong; empty for a program that is right.
  public private(set) var faults: [ProgramFault] = []
  /// What happens before what; nil where the structure is too broken to say.
  public private(set) var graph: ProgramGraph?

  /// Audits a program that has been built with its operands.
  ///
  /// - Parameters:
  ///   - program: The program.
  ///   - messaging: When its messages start; one that is right by rendezvous may lean on it.
  public init(_ program: Program, messaging: ProgramGraph.Messaging = .rendezvous) {
    let structure = StructureAudit(program)
    faults = structure.faults
    guard structure.isReadable else { return }
    let graph = ProgramGraph(program, messaging: messaging)
    self.graph = graph
    if let first = graph.stuck.first {
      faults.append(
        ProgramFault(
          .structure,
          "\(graph.stuck.count) operations or messages wait for one another, the first \(program.place(first))"))
    }
    faults += RaceAudit(program, graph).faults
  }
}

extension Program {
  /// An operation as a fault names it: its rank and its line.
  func place(_ operation: Int32) -> String {
    "rank \(ranks[Int(operation)])'s \(line(ofOperation: Int(operation)))"
  }
}
