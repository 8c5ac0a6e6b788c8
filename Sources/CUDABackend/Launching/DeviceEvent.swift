import Quantities

/// A place in the stream of a device, given back when nobody holds it any more: hence a class.
public final class DeviceEvent {
  let handle: CUDADriver.Handle
  let session: DeviceSession

  init(handle: CUDADriver.Handle, session: DeviceSession) {
    self.handle = handle
    self.session = session
  }

  deinit {
    _ = session.driver.setContext(session.context)
    _ = session.driver.destroyEvent(handle)
  }

  /// Whether the stream has come to it.
  ///
  /// - Throws: ``CUDAError``.
  public func isReached(_ purpose: @autoclosure () -> String) throws(CUDAError) -> Bool {
    try session.use(purpose())
    let code = session.driver.queryEvent(handle)
    guard code != CUDAResult.notReady else { return false }
    try session.check(code, "cuEventQuery", purpose())
    return true
  }

  /// Waits until the stream has come to it.
  ///
  /// - Throws: ``CUDAError``.
  public func wait(_ purpose: @autoclosure () -> String) throws(CUDAError) {
    try session.use(purpose())
    try session.check(session.driver.waitForEvent(handle), "cuEventSynchronize", purpose())
  }

  /// The time on the device from another event of it to this one, both of them reached.
  ///
  /// - Throws: ``CUDAError``.
  public func time(since begin: DeviceEvent, _ purpose: @autoclosure () -> String) throws(CUDAError) -> Seconds {
    try session.use(purpose())
    var milliseconds: Float = 0
    try session.check(
      session.driver.elapsed(&milliseconds, begin.handle, handle), "cuEventElapsedTime", purpose())
    return Seconds(Double(milliseconds) / 1e3)
  }
}
