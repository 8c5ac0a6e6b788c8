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
  /// The tokens of each sequence.
  public let tokens: Int
  /// The query tokens of a chunk of a prefill; as many as ``tokens`` where these are fewer.
  public let queryTokens: Int
  /// The sequences of a batch.
  public let batch: Int
  /// How many mutants of each kind there are.
  public let mutations: Int

  /// Describes a check.
  ///
  /// - Parameters:
  ///   - seed: Chooses the mutants, the numbers and the orders.
  ///   - ranks: The numbers of ranks, each at least 1.
  ///   - tokens: The tokens of each sequence; with mutants at least one a rank, see ``ProgramMutator``.
  ///   - queryTokens: The query tokens of a chunk of a prefill, at least 1.
  ///   - batch: The sequences of a batch, at least 1.
  ///   - mutations: How many mutants of each kind there are.
  public init(seed: UInt64, ranks: [Int], tokens: Int, queryTokens: Int = 5, batch: Int, mutations: Int) {
    self.queryTokens = min(queryTokens, tokens)
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
      treeline check program --seed \(seed) --ranks \(ranks) --tokens \(tokens) --query-tokens \(queryTokens) \
      --batch \(batch) --mutations \(mutations)
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
    let kind: String
    let workload: AttentionWorkload

    var name: String {
      let name = algorithm is SingleDeviceAttention ? algorithm.name : "\(algorithm.name), \(algorithm.options)"
      return "\(name); \(AttentionCheck.shapes[shape].name), \(kind), \(ranks) rank\(ranks == 1 ? "" : "s")"
    }

    /// Whether every change of it makes it wrong: not where states are reduced that may be of no token, as those of queries
    /// before all keys of a rank are, nor where ranks without queries pass blocks on, whose order is then nothing to
    /// anybody.
    var isMutable: Bool {
      guard algorithm.queryLayout == nil || workload.queryTokens >= ranks else { return false }
      guard algorithm is TreeAttention, let first = workload.queries.lowest else { return true }
      let shares = TokenShares(of: workload, among: ranks)
      return (0..<ranks).allSatisfy { workload.mask.visibleKeys(ofQueryAt: first, in: shares.keys(ofRank: $0)) > 0 }
    }

    /// Whose shard a rank holds in the end.
    var shards: CoverageAudit.Shards {
      guard let ring = algorithm as? RingAttention, ring.hops == .fewest, !ring.keepsHomeShard else { return .home }
      // Where heads are expanded, the copies rotate.
      let expands = ring.expandsHeads && workload.shape.expanded != workload.shape
      return expands ? .home : .rotatedByOne
    }
  }

  /// Every program: to decode, for a chunk of a prefill and for a full one.
  var subjects: [Subject] {
    let kinds = AttentionCheck.kinds(queryTokens: queryTokens, tokens: tokens)
    return AttentionCheck.algorithms.flatMap { algorithm in
      AttentionCheck.shapes.indices.flatMap { shape in
        kinds.flatMap { kind in
          (algorithm is SingleDeviceAttention ? [1] : ranks).map { count in
            Subject(
              algorithm: algorithm, shape: shape, ranks: count, kind: kind.name,
              workload: AttentionWorkload(
                shape: AttentionCheck.shapes[shape].shape, batch: batch, tokens: tokens, queryTokens: kind.queryTokens,
                mask: kind.mask, type: .bf16, partialType: .fp32))
          }
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
