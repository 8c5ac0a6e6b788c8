import Quantities

/// Memory of the host that devices copy from and to by themselves, given back when nobody holds it any more: hence a class.
public final class PinnedBuffer {
  /// Where it lies.
  let start: UnsafeMutableRawPointer
  /// Its size.
  public let byteCount: Int
  private let session: DeviceSession

  /// Pins memory of the host.
  ///
  /// - Parameters:
  ///   - byteCount: How much; one byte at least is taken.
  ///   - session: The device that will use it.
  ///   - purpose: What it is for, for errors.
  /// - Throws: ``CUDAError``.
  public init(_ byteCount: Int, for session: DeviceSession, purpose: String) throws(CUDAError) {
    try session.use("pinning memory for \(purpose)")
    var start: UnsafeMutableRawPointer?
    try session.check(
      session.driver.allocateHost(&start, max(byteCount, 1), 0), "cuMemHostAlloc", "pinning memory for \(purpose)")
    guard let start else { throw .noDevice("the driver pins no memory of the host") }
    self.start = start
    self.byteCount = max(byteCount, 1)
    self.session = session
  }

  deinit {
    _ = session.driver.setContext(session.context)
    _ = session.driver.freeHost(start)
  }

  /// Its bytes.
  var bytes: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(start: start, count: byteCount) }
}

extension DeviceSession {
  /// Puts a copy of all of the host's pinned memory on the stream.
  ///
  /// - Throws: ``CUDAError``.
  func copy(to target: DeviceBuffer, from source: PinnedBuffer) throws(CUDAError) {
    let purpose = "copying \(source.byteCount) bytes to device \(device.index)"
    try use(purpose)
    try check(
      driver.enqueueCopyToDevice(target.address, source.start, source.byteCount, stream), "cuMemcpyHtoDAsync_v2",
      purpose)
  }

  /// Puts a copy into all of the host's pinned memory on the stream.
  ///
  /// - Throws: ``CUDAError``.
  func copy(to target: PinnedBuffer, from source: DeviceBuffer) throws(CUDAError) {
    let purpose = "copying \(target.byteCount) bytes from device \(device.index)"
    try use(purpose)
    try check(
      driver.enqueueCopyFromDevice(target.start, source.address, target.byteCount, stream), "cuMemcpyDtoHAsync_v2",
      purpose)
  }
}
