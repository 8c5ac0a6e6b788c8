import Simulation

/// A trace of simulated runs for a timeline viewer: Perfetto (ui.perfetto.dev) or Chrome's (chrome://tracing).
///
///     let trace = try TraceFile(path: "step.json.gz")
///     let outcome = try experiment.run(.tree) { run in try trace.add(run, named: "tree") }
///     let written = try trace.finish()
///
/// The file is in the JSON object format of Chrome's trace events, an event a line, gzip when its name ends in `.gz`.
/// Times are microseconds, exact to the picosecond. Every run added has processes of its own, all from time zero, so
/// that algorithms lie below one another on one axis:
///
/// - `tree: step`: the step as one slice with its totals, and its critical path.
/// - `tree: rank 3, dgx0/gpu3`: a track each for the named regions of the program, for kernels, for sends and for
///   receives, with more tracks where slices overlap without nesting; and a counter of the live bytes, exact, at every
///   allocation and free. A message is an arrow from where its sender has posted it to where its first byte arrives;
///   grey slices are waits for the other side of a message.
/// - `tree: links`: a counter for each link that carried traffic. The simulator keeps no rates, so each message counts
///   with its mean rate, from the arrival of its first byte to that of its last. Bytes are exact over a message; inside
///   one, the rate is its mean, so that the sum of several may for a while read above the link's bandwidth.
///
/// Equal runs give equal bytes. The trace is written as it is made: apart from the run itself, memory holds 4 bytes an
/// operation and 4 bytes for each link that a message crosses. The file has its name only once it is whole; if the
/// process is killed, what there is stays beside it as `step.json.partial-PID`, which viewers read once `]}` is added.
///
/// What viewers do with it: Perfetto rounds times to nanoseconds and orders processes by their slices rather than by
/// number; Chrome's shows slices below a nanosecond as parts of one another. Some 100 bytes an event: 128 ranks of a
/// DGX H100 cluster at 5.12 M tokens, tree and ring, are 800,000 events, 94 MB or 7.5 MB packed.
///
/// This is a class because it owns an open file; one that is dropped unfinished leaves nothing behind.
public final class TraceFile {
  /// What was written.
  public struct Summary: Hashable, Sendable {
    /// The name of the file.
    public var path: String
    /// The number of events.
    public var events: Int
    /// The bytes of JSON, before compression: what a viewer must hold.
    public var jsonBytes: Int64
    /// The bytes of the file.
    public var fileBytes: Int64
  }

  private let destination: TraceDestination
  private var events: TraceEvents
  private var lastProcess = 0
  private var nextFlow = 1

  /// Starts a trace.
  ///
  /// - Parameter path: The file, replaced if it exists; compressed when its name ends in `.gz`.
  /// - Throws: ``TraceError/unwritable(file:reason:)``.
  public init(path: String) throws(TraceError) {
    destination = try TraceDestination(path: path)
    events = TraceEvents(destination: destination)
  }

  /// Adds a run.
  ///
  /// - Parameters:
  ///   - run: The run.
  ///   - name: What its processes are called by, such as the name of its algorithm.
  ///   - ranks: The ranks to show. The links are those that a message of theirs crosses; their load counts every
  ///     message.
  /// - Throws: ``TraceError/unwritable(file:reason:)``.
  /// - Complexity: O(n log n) in operations and in messages times links crossed.
  public func add(_ run: SimulationRun, named name: String, ranks: TraceRanks = .all) throws(TraceError) {
    let writer = TraceRun(run: run, name: name, ranks: ranks, after: lastProcess, firstFlow: nextFlow)
    try writer.writeStep(to: &events)
    try writer.writeRanks(to: &events)
    try writer.writeLinks(to: &events)
    lastProcess = writer.linksProcess
    nextFlow += run.program.messages.count
  }

  /// Completes the file and gives it its name.
  ///
  /// - Throws: ``TraceError/unwritable(file:reason:)``; the file is then gone, and one of that name as it was.
  public func finish() throws(TraceError) -> Summary {
    try events.finish()
    try destination.finish()
    return Summary(
      path: destination.path, events: events.count, jsonBytes: events.jsonBytes, fileBytes: destination.fileBytes)
  }
}
