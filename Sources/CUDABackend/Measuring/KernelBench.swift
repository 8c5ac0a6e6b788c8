import Quantities

/// Times kernels on a device, once the CPU has found their results right, and finds them right again afterwards.
///
/// A sample is the time between two events on the device around one CUDA graph, so that what a launch costs the host stays
/// out. With a flushed second cache the graph is one run, and memory twice as large as the cache is overwritten before it;
/// with a warm one the graph is ``warmRuns`` runs, and the sample their share.
public final class KernelBench {
  /// The device.
  public let session: DeviceSession
  /// How often.
  public let plan: RepeatPlan
  /// Whether the second cache is flushed before every sample.
  public let flushes: Bool
  private let flushed: DeviceBuffer?

  /// The runs of a sample with a warm cache.
  static let warmRuns = 10
  /// The launches of a sample of launch overhead.
  static let emptyLaunches = 100
  /// Runs before the first sample, after those of the check.
  static let warmUps = 3

  /// Creates a bench.
  ///
  /// - Throws: ``CUDAError`` where there is no memory to flush the cache by.
  public init(session: DeviceSession, plan: RepeatPlan, flushes: Bool) throws(CUDAError) {
    self.session = session
    self.plan = plan
    self.flushes = flushes
    flushed =
      flushes ? try session.allocate(Int(session.device.cache.count) * 2, for: "the flush of the second cache") : nil
  }

  /// Checks, measures and checks again.
  ///
  /// - Throws: ``CUDAError``; `wrongResult` where the device and the CPU differ by more than rounding explains.
  public func measure(_ prepared: PreparedKernel) throws(CUDAError) -> KernelMeasurement {
    try prepared.enqueue()
    try session.synchronize("running \(prepared.label)")
    let excess = try prepared.check()
    let runs = flushes ? 1 : Self.warmRuns
    let graph = try session.graph { () throws(CUDAError) in for _ in 0..<runs { try prepared.enqueue() } }
    for _ in 0..<Self.warmUps { try session.launch(graph) }
    try session.synchronize("warming up for \(prepared.label)")
    var watch = SensorWatch(session)
    let times = try plan.run { () throws(CUDAError) -> Double in
      if let flushed { try session.fill(flushed) }
      let time = try session.time("timing \(prepared.label)") { () throws(CUDAError) in try session.launch(graph) }
      watch.see(time.seconds)
      return time.seconds / Double(runs)
    }.told(prepared.label)
    let readings = watch.finish()
    let later = try prepared.check()
    return KernelMeasurement(
      label: prepared.label, kernel: prepared.kernel,
      options: prepared.options + (flushes ? " cache=flushed" : " cache=warm runs=\(runs)"), work: prepared.work,
      times: times, isPrecise: times.relativeWidth <= plan.precision, excess: max(excess, later),
      readings: readings)
  }

  /// What a launch costs: an empty kernel over and over, launch by launch and as the nodes of one graph.
  ///
  /// - Throws: ``CUDAError``.
  public func launchOverhead() throws(CUDAError) -> [KernelMeasurement] {
    let count = Self.emptyLaunches
    func launches() throws(CUDAError) {
      for _ in 0..<count { try session.launch("empty", grid: (1, 1, 1), []) }
    }
    let graph = try session.graph(launches)
    var found: [KernelMeasurement] = []
    for (label, way, body) in [
      ("empty kernel, launch by launch", "way=launches", launches),
      ("empty kernel, in a CUDA graph", "way=graph", { () throws(CUDAError) in try self.session.launch(graph) }),
    ] {
      for _ in 0..<Self.warmUps { try body() }
      try session.synchronize("warming up for \(label)")
      var watch = SensorWatch(session)
      let times = try plan.run { () throws(CUDAError) -> Double in
        let time = try session.time("timing \(label)", body).seconds
        watch.see(time)
        return time / Double(count)
      }.told(label)
      found.append(
        KernelMeasurement(
          label: label, kernel: "empty", options: "\(way) launches=\(count)", work: nil, times: times,
          isPrecise: times.relativeWidth <= plan.precision, excess: 0, readings: watch.finish()))
    }
    return found
  }
}
