/// Another queue of a device beside its session's own: a CUDA stream, given back when nobody holds it any more.
///
/// It is in order with the device's default stream, as the session's own is, and with no other queue.
public final class DeviceQueue {
  let stream: CUDADriver.Handle
  /// The device.
  public let session: DeviceSession

  /// Makes a queue.
  ///
  /// - Throws: ``CUDAError``.
  public init(_ session: DeviceSession) throws(CUDAError) {
    try session.use("making a queue")
    var stream: CUDADriver.Handle?
    try session.check(session.driver.createStream(&stream, 0), "cuStreamCreate", "making a queue")
    guard let stream else { throw .noDevice("the driver gives no stream of device \(session.device.index)") }
    (self.stream, self.session) = (stream, session)
  }

  deinit {
    _ = session.driver.setContext(session.context)
    _ = session.driver.destroyStream(stream)
  }
}
