import Programs
import Quantities
import Topologies

/// Times a program on a cluster, by discrete events at the level of flows.
///
/// The model, and its sources:
/// - A kernel takes its device's launch overhead, when it is launched on its own, and its roofline time.
/// - A message starts when both sides have been reached. Its sender posts it, which takes its route's message overhead,
///   one message after another as in LogP (Culler et al. 1993); then it pays the latency of every link crossed; then
///   its bytes flow. Alone, that is the alpha-beta model (Hockney 1994) with alpha told by route, as in SimGrid's CM02
///   (Casanova and Marchal 2002) without its TCP terms.
/// - Flows that are under way at the same time share every link max-min fairly.
/// - Buffers live from their allocation to their free; every rank's peak is recorded.
///
/// Every run is checked against what physics allows before it is returned: ``SimulationRun/checkBounds()``.
///
///     let run = try Simulator(topology: topology).run(program)
///     print(run.makespan)
public struct Simulator: Sendable {
  /// The cluster.
  public let topology: Topology

  /// Creates a simulator of a cluster.
  public init(topology: Topology) {
    self.topology = topology
  }

  /// Runs a program to its end.
  ///
  /// - Parameters:
  ///   - program: The program.
  ///   - conditions: What it meets beside the cluster as described.
  /// - Throws: ``SimulationError`` when the program does not fit the cluster, can't go on, misuses a buffer, or when
  ///   the result breaks a physical bound.
  public func run(
    _ program: Program, under conditions: Conditions = Conditions()
  ) throws(SimulationError) -> SimulationRun {
    let timeline = try Engine.run(program, on: topology, under: conditions)
    let run = SimulationRun(program: program, topology: topology, conditions: conditions, timeline: timeline)
    try run.checkBounds()
    return run
  }
}
