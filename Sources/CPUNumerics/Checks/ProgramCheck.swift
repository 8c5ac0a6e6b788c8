import Attention
import Programs
import Topologies
import Workloads

/// Checks that every algorithm's program is right in every order that it can run in, and that wrong programs are found
/// to be wrong.
///
/// The programs of ``AttentionCheck`` are audited: their structure, races and coverage (``ProgramAudit``,
/// ``CoverageAudit``), which takes no numbers and leaves nothing to luck. Then programs are changed at random
/// (``ProgramMutation``), and every mutant must be caught, by the audit or by execution with real numbers against plain
/// attention.
public struct ProgramCheck: Sendable {
  /// Chooses the mutants, the numbers and the orders.
  public let seed: UInt64
  /// The numbers of ranks to share the tokens over.
  public let ranks: [Int]
  /// The number of cached tokens.
  public let tokens: Int
  /// The sequences of a batch.
  public let batch: Int
  /// How many mutants of each kind there are.
  public let mutations: Int

  /// Describes a check.
  ///
  /// - Parameters:
  ///   - seed: Chooses the mutants, the numbers and the orders.
  ///   - ranks: The numbers of ranks, each at least 1.
  ///   - tokens: The cached tokens; with mutants at least one a rank, see ``ProgramMutator``.
  ///   - batch: The sequences of a batch, at least 1.
  ///   - mutations: How many mutants of each kind there are.
  public init(seed: UInt64, ranks: [Int], tokens: Int, batch: Int, mutations: Int) {
    self.seed = seed
    self.ranks = ranks
    self.tokens = tokens
    self.batch = batch
    self.mutations = mutations
  }

  /// What a check has found.
  public struct Outcome: Sendable {
    /// A row for each kind of fault, with the number of faults of all programs, then one for each kind of mutant, with the
    /// number of those that escaped.
    public var residuals: [Residual] = []
    /// What was audited, and the faults that were found, in words.
    public var notes: [String] = []
  }

  /// What the command line must say to check the same again.
  public var reproduction: String {
    let ranks = ranks.map { "\($0)" }.joined(separator: ",")
    return """
      treeline check program --seed \(seed) --ranks \(ranks) --tokens \(tokens) --batch \(batch) \
      --mutations \(mutations)
      """
  }

  /// How many programs and mutants are looked at.
  public var count: Int { subjects.count + mutations * ProgramMutation.Kind.allCases.count }

  /// The most faults that are told in words.
  static let mostNotes = 12

  /// Runs the check.
  ///
  /// - Parameter progress: Is told how many programs and mutants are done.
  public func outcome(progress: (Int) -> Void = { _ in }) -> Outcome {
    var outcome = Outcome()
    var done = 0
    audit(&outcome) {
      done += 1
      progress(done)
    }
    for kind in ProgramMutation.Kind.allCases {
      var tally = MutantTally()
      for round in 0..<mutations {
        let number = self.number(of: kind, round)
        if let mutant = mutant(number) { tally.count(mutant, number, verdict(on: mutant, number)) }
        done += 1
        progress(done)
      }
      if mutations > 0 { outcome.residuals.append(tally.row(kind, reproduction)) }
    }
    return outcome
  }

  // MARK: Audits

  /// An algorithm on a workload, shared over some ranks.
  struct Subject: Sendable {
    let algorithm: any AttentionAlgorithm
    let shape: Int
    let ranks: Int
    let workload: AttentionWorkload

    var name: String {
      let name = algorithm is SingleDeviceAttention ? algorithm.name : "\(algorithm.name), \(algorithm.options)"
      return "\(name); \(AttentionCheck.shapes[shape].name), \(ranks) rank\(ranks == 1 ? "" : "s")"
    }

    /// Whose shard a rank holds in the end.
    var shards: CoverageAudit.Shards {
      guard let ring = algorithm as? RingAttention, ring.hops == .fewest, !ring.keepsHomeShard else { return .home }
      // Where heads are expanded, the copies rotate.
      let expands = ring.expandsHeads && workload.shape.expanded != workload.shape
      return expands ? .home : .rotatedByOne
    }
  }

  /// Decode steps: the audit of coverage follows a query a head, which every rank has.
  var subjects: [Subject] {
    AttentionCheck.algorithms.filter { $0.queryLayout == nil }.flatMap { algorithm in
      AttentionCheck.shapes.indices.flatMap { shape in
        (algorithm is SingleDeviceAttention ? [1] : ranks).map { count in
          Subject(
            algorithm: algorithm, shape: shape, ranks: count,
            workload: AttentionWorkload(
              shape: AttentionCheck.shapes[shape].shape, batch: batch, tokens: tokens, type: .bf16, partialType: .fp32))
        }
      }
    }
  }

  private func audit(_ outcome: inout Outcome, _ advance: () -> Void) {
    let names = ["structure", "races", "races with receive buffers", "coverage"]
    var counts = [Int](repeating: 0, count: names.count)
    var places = [String](repeating: "", count: names.count)
    var found: [String] = []
    var operations = 0
    let subjects = self.subjects
    for subject in subjects {
      let program = subject.algorithm.program(for: subject.workload, on: AttentionCheck.group(subject.ranks))
      operations += program.count
      let faults = Self.faults(of: program, subject)
      let buffered = ProgramAudit(program, messaging: .buffered).faults.filter { $0.kind == .race }
      for (place, faults) in [
        faults.filter { $0.kind == .structure }, faults.filter { $0.kind == .race }, buffered,
        faults.filter { $0.kind == .coverage },
      ].enumerated() where !faults.isEmpty {
        if counts[place] == 0 { places[place] = subject.name }
        counts[place] += faults.count
        found += faults.map { "\(subject.name): \($0)" }
      }
      advance()
    }
    for (place, name) in names.enumerated() {
      outcome.residuals.append(
        Residual(
          name: name, place: places[place], value: Double(counts[place]), bound: 0,
          source: "a program that is right has no faults", reproduction: reproduction))
    }
    outcome.notes.append("\(subjects.count) programs of \(operations) operations in all were audited.")
    outcome.notes += found.prefix(Self.mostNotes)
    if found.count > Self.mostNotes { outcome.notes.append("… and \(found.count - Self.mostNotes) more faults") }
  }

  /// What the audit finds wrong with a program.
  static func faults(of program: Program, _ subject: Subject) -> [ProgramFault] {
    let audit = ProgramAudit(program)
    guard let graph = audit.graph, !audit.faults.contains(where: { $0.kind == .structure }) else { return audit.faults }
    return audit.faults
      + CoverageAudit(program, graph, workload: subject.workload, shards: subject.shards).faults
  }
}
