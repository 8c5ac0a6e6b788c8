import Attention
import Programs
import Topologies
import Workloads

extension ProgramCheck {
  /// A wrong program and what it was made of.
  struct Mutant {
    let subject: Subject
    let original: Program
    let mutation: ProgramMutation
  }

  /// What was found wrong with a mutant.
  struct Verdict {
    /// What the audit found.
    let faults: [ProgramFault]
    /// What the first order that shows it showed; nil when no order did.
    let execution: String?
  }

  /// The random orders in which a mutant is executed, until one shows that it is wrong.
  static let orders = 3

  /// The number of a mutant, the same however many there are.
  func number(of kind: ProgramMutation.Kind, _ round: Int) -> Int {
    let kinds = ProgramMutation.Kind.allCases
    return round * kinds.count + (kinds.firstIndex(of: kind) ?? 0)
  }

  /// The mutant of a number: a program and a place in it, drawn by chance; nil when no program that was drawn has a place
  /// for one of its kind.
  func mutant(_ number: Int) -> Mutant? {
    let kinds = ProgramMutation.Kind.allCases
    let kind = kinds[number % kinds.count]
    var chance = SplitMix(seed: SeededHash.mix(seed, UInt64(number), 0))
    for subject in subjects.filter(\.isMutable).shuffled(using: &chance).prefix(Self.mostDraws) {
      let program = subject.algorithm.program(for: subject.workload, on: AttentionCheck.group(subject.ranks))
      let graph = ProgramGraph(program)
      let coverage = CoverageAudit(program, graph, workload: subject.workload, shards: subject.shards)
      let mutator = ProgramMutator(program, graph, results: coverage.results, contents: coverage.contents)
      if let mutation = mutator.draw(kind, using: &chance) {
        return Mutant(subject: subject, original: program, mutation: mutation)
      }
    }
    return nil
  }

  /// How many programs are drawn to find one that has a place for a mutation.
  private static let mostDraws = 100

  /// Audits a mutant and, apart from that, executes it.
  func verdict(on mutant: Mutant, _ number: Int) -> Verdict {
    Verdict(
      faults: Self.faults(of: mutant.mutation.program, mutant.subject), execution: execution(of: mutant, number))
  }

  private func execution(of mutant: Mutant, _ number: Int) -> String? {
    let subject = mutant.subject
    let entry = AttentionCheck.Case(
      name: AttentionCheck.shapes[subject.shape].name, workload: subject.workload,
      seed: SeededHash.mix(seed, UInt64(subject.shape), 0))
    let bound = entry.bound(ranks: subject.ranks)
    for round in 0..<Self.orders {
      let order = ExecutionOrder.random(seed: SeededHash.mix(seed, UInt64(number), UInt64(round + 1)))
      do throws(ExecutionError) {
        let distance = try entry.distance(mutant.mutation.program, order)
        if !(distance <= bound) {
          return "in order \(round + 1) an output is off by \(distance), past its bound \(bound)"
        }
      } catch {
        return "in order \(round + 1): \(error)"
      }
    }
    return nil
  }

  /// One mutant in words, and a row that misses its bound when it is caught, as a wrong program's check must.
  ///
  /// - Parameter number: Its number, from 0.
  /// - Returns: nil when no program has a place for a mutant of that number's kind.
  public func report(onMutant number: Int) -> Outcome? {
    guard let mutant = mutant(number) else { return nil }
    let verdict = verdict(on: mutant, number)
    var lines = ["\(mutant.subject.name)", "Changed: \(mutant.mutation.description)", ""]
    lines += mutant.original.difference(to: mutant.mutation.program)
    lines += ["", verdict.faults.isEmpty ? "The audit finds nothing." : "The audit finds:"]
    lines += verdict.faults.prefix(Self.mostNotes).map { "  \($0.kind.rawValue): \($0)" }
    if verdict.faults.count > Self.mostNotes { lines.append("  … and \(verdict.faults.count - Self.mostNotes) more") }
    lines.append(
      verdict.execution.map { "Execution finds: \($0)" }
        ?? "Execution finds nothing in \(Self.orders) random orders.")
    let row = Residual(
      name: "mutant \(number), \(mutant.mutation.kind.rawValue)", place: mutant.subject.name,
      value: Double(verdict.faults.count + (verdict.execution == nil ? 0 : 1)), bound: 0,
      source: "a program that is right has no faults", reproduction: "\(reproduction) --mutant \(number)")
    return Outcome(residuals: [row], notes: lines)
  }
}

/// The mutants of one kind: how many there were, and who caught them.
struct MutantTally {
  private var total = 0
  private var byAudit = 0
  private var byExecution = 0
  private var escaped: [Int] = []

  mutating func count(_ mutant: ProgramCheck.Mutant, _ number: Int, _ verdict: ProgramCheck.Verdict) {
    total += 1
    if !verdict.faults.isEmpty { byAudit += 1 }
    if verdict.execution != nil { byExecution += 1 }
    if verdict.faults.isEmpty, verdict.execution == nil { escaped.append(number) }
  }

  /// The number of those that escaped, of which there may be none.
  func row(_ kind: ProgramMutation.Kind, _ reproduction: String) -> Residual {
    Residual(
      name: "mutant \(kind.rawValue)",
      place: total == 0
        ? "no program has a place for one" : "caught: audit \(byAudit) of \(total), execution \(byExecution)",
      value: Double(escaped.count), bound: 0, source: "audit or execution catches every mutant",
      reproduction: escaped.first.map { "\(reproduction) --mutant \($0)" } ?? reproduction)
  }
}
