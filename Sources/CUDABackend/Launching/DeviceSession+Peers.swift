import Quantities

/// What devices do with one another: copies between their memories, and waiting for each other's streams.
extension DeviceSession {
  /// Lets this device's kernels and copies reach another device's memory, where the machine can.
  ///
  /// - Parameter peer: The other device.
  /// - Returns: Whether it reaches it now; copies go through the host's memory where it does not.
  /// - Throws: ``CUDAError``.
  public func enableAccess(to peer: DeviceSession) throws(CUDAError) -> Bool {
    guard peer !== self else { return true }
    let purpose = "giving device \(device.index) access to the memory of device \(peer.device.index)"
    var can: CInt = 0
    try check(
      driver.canAccessPeer(&can, CInt(device.index), CInt(peer.device.index)), "cuDeviceCanAccessPeer", purpose)
    guard can != 0 else { return false }
    try use(purpose)
    let code = driver.enablePeerAccess(peer.context, 0)
    if code != CUDAResult.peerAccessEnabled { try check(code, "cuCtxEnablePeerAccess", purpose) }
    return true
  }

  /// Puts a copy on this device's stream, between memories of any devices.
  ///
  /// - Parameters:
  ///   - byteCount: How much.
  ///   - target: Where to.
  ///   - targetOffset: The first byte there.
  ///   - source: Where from.
  ///   - sourceOffset: The first byte there.
  ///   - queue: Another queue of this device than the session's own.
  /// - Throws: ``CUDAError``.
  public func copy(
    _ byteCount: Int, to target: DeviceBuffer, at targetOffset: Int = 0, from source: DeviceBuffer,
    at sourceOffset: Int = 0, on queue: DeviceQueue? = nil
  ) throws(CUDAError) {
    let stream = queue?.stream ?? stream
    let (from, to) = (source.session, target.session)
    let purpose = "copying \(byteCount) bytes from device \(from.device.index) to device \(to.device.index)"
    try use(purpose)
    let addresses = (target.address + UInt64(targetOffset), source.address + UInt64(sourceOffset))
    if from === self, to === self {
      try check(
        driver.enqueueCopy(addresses.0, addresses.1, byteCount, stream), "cuMemcpyDtoDAsync_v2", purpose)
    } else {
      try check(
        driver.enqueuePeerCopy(addresses.0, to.context, addresses.1, from.context, byteCount, stream),
        "cuMemcpyPeerAsync", purpose)
    }
  }

  /// A new event of this device.
  ///
  /// - Parameter isTimed: Whether it can tell times, which costs the device a little.
  /// - Throws: ``CUDAError``.
  public func event(isTimed: Bool = true) throws(CUDAError) -> DeviceEvent {
    try use("making an event")
    var handle: CUDADriver.Handle?
    // CU_EVENT_DISABLE_TIMING.
    try check(driver.createEvent(&handle, isTimed ? 0 : 2), "cuEventCreate", "making an event")
    guard let handle else { throw .noDevice("the driver gives no event of device \(device.index)") }
    return DeviceEvent(handle: handle, session: self)
  }

  /// Marks the place that this device's stream has come to.
  ///
  /// - Throws: ``CUDAError``.
  public func record(_ event: DeviceEvent, on queue: DeviceQueue? = nil) throws(CUDAError) {
    try use("recording an event")
    try check(driver.record(event.handle, queue?.stream ?? stream), "cuEventRecord", "recording an event")
  }

  /// Lets what is put on this device's stream from now on wait for an event, of any device.
  ///
  /// - Throws: ``CUDAError``.
  public func wait(for event: DeviceEvent, on queue: DeviceQueue? = nil) throws(CUDAError) {
    try use("waiting for an event")
    try check(
      driver.waitOnStream(queue?.stream ?? stream, event.handle, 0), "cuStreamWaitEvent", "waiting for an event")
  }
}
