import Attention
import Collectives
import Experiments
import Foundation
import Quantities
import Simulation

/// `treeline-bench scale JOB RANKS RUNS [OPTION]`: one large job in a process of its own, so that its memory is told;
/// with 0 runs it is run once, cold.
///
/// Jobs are `ring-all-reduce` (with `jitter`: starts spread over a millisecond), `all-reduce` (with the name of an
/// algorithm), `ring` and `tree` (a decode step; `tree` with the name of a collective and the number of all-reduces, such
/// as `binary-tree 1`), and `allocations`, which counts those of a contended run where `Benchmarks/allocations.c` is
/// preloaded.
struct ScaleCommand {
  private let job: String
  private let ranks: Int
  private let stopwatch: Stopwatch
  private let option: String
  private let fusion: TreeAttention.Fusion

  init(arguments: [String]) throws {
    guard arguments.count >= 3, let ranks = Int(arguments[1]), let runs = Int(arguments[2]), ranks > 1 else {
      throw Problem(description: "usage: treeline-bench scale JOB RANKS RUNS [OPTION]")
    }
    job = arguments[0]
    self.ranks = ranks
    stopwatch = Stopwatch(runs: max(runs, 1), warmsUp: runs > 0)
    option = arguments.count > 3 ? arguments[3] : ""
    fusion = arguments.count > 4 ? Int(arguments[4]).flatMap { TreeAttention.Fusion(rawValue: $0) } ?? .three : .three
  }

  /// Runs the job and prints its lines.
  func run() throws {
    switch job {
    case "ring-all-reduce": try ringAllReduce()
    case "all-reduce": try allReduce()
    case "ring", "tree": try decode()
    case "allocations": try allocations()
    default:
      throw Problem(description: "no job '\(job)'; there are ring-all-reduce, all-reduce, ring, tree, allocations")
    }
    print(Samples(name: "resident", unit: "MB", values: [Self.peakResidentBytes / 1e6]).line)
  }

  private func ringAllReduce() throws {
    let job = RingJob(ranks: ranks)
    let simulator = Simulator(topology: job.topology)
    let program = job.program()
    print("# \(program.messages.count) messages, \(program.count) operations")
    report(stopwatch.wallAndProcessor("program") { Double(job.program().count) })
    let conditions = option == "jitter" ? job.delays(upTo: 1e-3) : Conditions()
    var makespan = 0.0
    report(
      try stopwatch.wallAndProcessor("simulation") {
        makespan = try simulator.run(program, under: conditions).makespan.seconds
        return makespan
      })
    print(Samples(name: "difference", unit: "", values: [makespan / job.closedForm.seconds - 1]).line)
  }

  private func allReduce() throws {
    let job = RingJob(ranks: ranks)
    let algorithm = try CollectiveAlgorithm(parsing: option.isEmpty ? "binary-tree" : option)
    let simulator = Simulator(topology: job.topology)
    report(
      try stopwatch.wallAndProcessor("whole") {
        try simulator.run(job.program(algorithm)).makespan.seconds
      })
  }

  private func decode() throws {
    let job = DecodeJob(ranks: ranks)
    let clock = ContinuousClock()
    let start = clock.now
    let topology = try job.topology()
    print(Samples(name: "topology", unit: "ms", values: [(clock.now - start) / .milliseconds(1)]).line)
    let choice: AlgorithmChoice = self.job == "ring" ? .ring : .tree
    let experiment = job.experiment(
      on: topology, fusion: fusion, collective: try CollectiveChoice(parsing: option.isEmpty ? "auto" : option))
    try experiment.validate([choice])
    report(
      try stopwatch.wallAndProcessor("step") {
        let outcome = try experiment.run(choice)
        guard outcome.bytesAndMemoryAgree else { throw Problem(description: "bytes or memory differ") }
        return outcome.figures.makespan.seconds
      })
  }

  /// Counts the heap allocations of a run and of one twice as long.
  private func allocations() throws {
    guard let counter = AllocationCounter() else {
      throw Problem(description: "no counter of allocations is preloaded; Benchmarks/run.py shows how")
    }
    for rounds in [100, 200, 400] {
      let job = RoundsJob(ranks: ranks, rounds: rounds)
      let simulator = Simulator(topology: job.topology)
      let program = job.program()
      var counts: [Double] = []
      for _ in 0..<3 {
        let before = counter.count
        let run = try simulator.run(program)
        counts.append(Double(counter.count - before))
        guard run.makespan > .zero else { throw Problem(description: "nothing ran") }
      }
      print(Samples(name: "\(program.messages.count) messages", unit: "allocations", values: counts.sorted()).line)
    }
  }

  private func report(_ samples: [Samples]) {
    for sample in samples { print(sample.line) }
  }

  /// The most memory that this process has had resident.
  private static var peakResidentBytes: Double {
    var usage = rusage()
    // RUSAGE_SELF, whose type differs from one C library to the next.
    getrusage(0, &usage)
    // Linux counts in KiB.
    return Double(usage.ru_maxrss) * 1024
  }
}

/// Why a benchmark could not be run.
struct Problem: Error, CustomStringConvertible {
  var description: String
}
