import CPUNumerics
import Quantities

/// Memory of a device, given back when nobody holds it any more: hence a class.
public final class DeviceBuffer {
  /// Where it lies on the device.
  public let address: UInt64
  /// Its size.
  public let byteCount: Int
  let session: DeviceSession

  init(address: UInt64, byteCount: Int, session: DeviceSession) {
    self.address = address
    self.byteCount = byteCount
    self.session = session
  }

  deinit {
    _ = session.driver.setContext(session.context)
    _ = session.driver.free(address)
  }

  /// Copies what the host holds to it, from a place of so many bytes on.
  ///
  /// - Parameters:
  ///   - elements: What.
  ///   - offset: The first byte that is written.
  /// - Throws: ``CUDAError``.
  public func write<Element: BitwiseCopyable>(_ elements: [Element], at offset: Int = 0) throws(CUDAError) {
    try session.use("copying to the device")
    let code = elements.withUnsafeBytes { bytes in
      offset + bytes.count <= byteCount
        ? session.driver.copyToDevice(address + UInt64(offset), bytes.baseAddress, bytes.count) : 1
    }
    try session.check(code, "cuMemcpyHtoD_v2", "copying to the device")
  }

  /// Copies what a cache stores to it.
  ///
  /// - Throws: ``CUDAError``.
  func write(_ elements: CacheElements, at offset: Int) throws(CUDAError) {
    guard elements.count > 0 else { return }
    switch elements {
    case .fp32(let numbers): try write(numbers, at: offset)
    case .bf16(let bits), .fp16(let bits): try write(bits, at: offset)
    }
  }

  /// Copies so many elements from a byte on to the host.
  ///
  /// - Throws: ``CUDAError``.
  public func read<Element: BitwiseCopyable>(
    _ count: Int, as zero: Element, at offset: Int = 0
  ) throws(CUDAError) -> [Element] {
    var elements = [Element](repeating: zero, count: count)
    try session.use("copying from the device")
    let code = elements.withUnsafeMutableBytes { bytes in
      offset + bytes.count <= byteCount
        ? session.driver.copyFromDevice(bytes.baseAddress, address + UInt64(offset), bytes.count) : 1
    }
    try session.check(code, "cuMemcpyDtoH_v2", "copying from the device")
    return elements
  }
}
