/// What is recorded from several devices at once.
extension DeviceSession {
  /// Records what a body puts on the streams of some devices, as a graph a device.
  ///
  /// Operations of several devices that wait for one another, as NCCL's do, need all of the graphs to be started.
  ///
  /// - Parameters:
  ///   - sessions: The devices.
  ///   - launches: Puts the work on their streams.
  /// - Returns: A graph of each device, in their order.
  /// - Throws: ``CUDAError``.
  public static func graphs(
    of sessions: [DeviceSession], _ launches: () throws(CUDAError) -> Void
  ) throws(CUDAError) -> [LaunchGraph] {
    let purpose = "recording a graph"
    var recording: [DeviceSession] = []
    var failure: CUDAError?
    do throws(CUDAError) {
      for session in sessions {
        try session.use(purpose)
        // CU_STREAM_CAPTURE_MODE_THREAD_LOCAL.
        try session.check(session.driver.beginCapture(session.stream, 1), "cuStreamBeginCapture_v2", purpose)
        recording.append(session)
      }
      try launches()
    } catch {
      failure = error
    }
    // No stream stays recorded, whatever failed; and all end before the first graph is made ready, which may need calls of
    // the driver that it refuses while it records.
    var graphs: [CUDADriver.Handle?] = []
    defer {
      for (session, graph) in zip(sessions, graphs) where graph != nil { _ = session.driver.destroyGraph(graph) }
    }
    for session in recording {
      var graph: CUDADriver.Handle?
      do throws(CUDAError) {
        try session.use(purpose)
        try session.check(session.driver.endCapture(session.stream, &graph), "cuStreamEndCapture", purpose)
      } catch {
        failure = failure ?? error
      }
      graphs.append(graph)
    }
    if let failure { throw failure }
    var ready: [LaunchGraph] = []
    for (session, graph) in zip(sessions, graphs) {
      var instance: CUDADriver.Handle?
      try session.use(purpose)
      try session.check(session.driver.instantiate(&instance, graph, 0), "cuGraphInstantiateWithFlags", purpose)
      guard let instance else { throw .noDevice("the driver makes no graph") }
      ready.append(LaunchGraph(instance: instance, session: session))
    }
    return ready
  }

  /// Marks a place in the graph that is being recorded from this device's stream, which each start of the graph comes to
  /// anew: so that two of them tell the time between them, whenever the host has put the graph on the stream.
  ///
  /// Whether a start has come to it, only an event behind the graph tells: before that it still is the last start's.
  ///
  /// - Throws: ``CUDAError``.
  public func recordInGraph(_ event: DeviceEvent) throws(CUDAError) {
    let purpose = "recording an event into a graph"
    try use(purpose)
    // CU_EVENT_RECORD_EXTERNAL.
    try check(driver.recordWithFlags(event.handle, stream, 1), "cuEventRecordWithFlags", purpose)
  }
}
