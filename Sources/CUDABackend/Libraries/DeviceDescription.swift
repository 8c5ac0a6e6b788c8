import Quantities

/// A device as its driver describes it.
public struct DeviceDescription: Hashable, Sendable {
  /// Its number, from 0.
  public let index: Int
  /// Its name, such as `NVIDIA H100 80GB HBM3`.
  public let name: String
  /// The compute capability: major and minor.
  public let capability: (major: Int, minor: Int)
  /// The multiprocessors.
  public let multiprocessors: Int
  /// The memory in bytes.
  public let memory: Bytes
  /// The second cache in bytes.
  public let cache: Bytes
  /// The highest clock of the multiprocessors in kHz.
  public let clock: Int
  /// The highest clock of the memory in kHz.
  public let memoryClock: Int
  /// The width of the memory's bus in bits.
  public let busWidth: Int
  /// The PCI address, such as `0000:1b:00.0`.
  public let bus: String

  /// Two descriptions of the same device are equal.
  public static func == (left: DeviceDescription, right: DeviceDescription) -> Bool {
    left.index == right.index && left.bus == right.bus && left.name == right.name
  }

  /// Hashes what tells devices apart.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(index)
    hasher.combine(bus)
  }

  /// The compute capability as in `9.0`.
  public var capabilityText: String { "\(capability.major).\(capability.minor)" }

  /// What kernels are compiled for; nil where none fits.
  public var architecture: String? {
    MultiprocessorLimits.architecture(major: capability.major, minor: capability.minor)
  }

  /// What kernels are compiled for.
  ///
  /// - Throws: ``CUDAError/architecture(_:known:compiler:)`` where none fits.
  public func knownArchitecture() throws(CUDAError) -> String {
    guard let architecture else {
      throw .architecture(
        "of compute capability \(capabilityText)", known: MultiprocessorLimits.known.map(\.architecture),
        compiler: "Treeline's kernels")
    }
    return architecture
  }
}

extension CUDADriver {
  /// CUdevice_attribute of cuda.h.
  private enum Attribute {
    static let clockRate: CInt = 13
    static let multiprocessors: CInt = 16
    static let memoryClockRate: CInt = 36
    static let busWidth: CInt = 37
    static let cache: CInt = 38
    static let major: CInt = 75
    static let minor: CInt = 76
  }

  /// All devices.
  ///
  /// - Throws: ``CUDAError``: `noDevice` where there is none, `call`.
  public func devices() throws(CUDAError) -> [DeviceDescription] {
    var count: CInt = 0
    try check(deviceCount(&count), "cuDeviceGetCount", "counting devices")
    guard count > 0 else { throw .noDevice("the driver (CUDA \(versionText), \(path)) finds none") }
    var found: [DeviceDescription] = []
    for index in 0..<count { found.append(try describe(index)) }
    return found
  }

  /// One device.
  ///
  /// - Throws: ``CUDAError``: `noDevice` where there is none of that number, `call`.
  public func device(_ index: Int) throws(CUDAError) -> DeviceDescription {
    let all = try devices()
    guard all.indices.contains(index) else {
      throw .noDevice("--device \(index), and there are \(all.count), numbered from 0")
    }
    return all[index]
  }

  /// Whether a device reaches the memory of each other one, row by row.
  public func peers(_ count: Int) throws(CUDAError) -> [[Bool]] {
    var rows: [[Bool]] = []
    for device in 0..<count {
      var row: [Bool] = []
      for peer in 0..<count {
        var can: CInt = 0
        if device != peer {
          try check(canAccessPeer(&can, CInt(device), CInt(peer)), "cuDeviceCanAccessPeer", "asking for peer access")
        }
        row.append(can != 0)
      }
      rows.append(row)
    }
    return rows
  }

  private func describe(_ index: CInt) throws(CUDAError) -> DeviceDescription {
    let purpose = "describing device \(index)"
    var number: CInt = 0
    try check(device(&number, index), "cuDeviceGet", purpose)
    func attribute(_ which: CInt) throws(CUDAError) -> Int {
      var value: CInt = 0
      try check(deviceAttribute(&value, which, number), "cuDeviceGetAttribute (\(which))", purpose)
      return Int(value)
    }
    var name = [CChar](repeating: 0, count: 256)
    try check(deviceName(&name, 256, number), "cuDeviceGetName", purpose)
    var bus = [CChar](repeating: 0, count: 32)
    try check(deviceBus(&bus, 32, number), "cuDeviceGetPCIBusId", purpose)
    var bytes = 0
    try check(deviceMemory(&bytes, number), "cuDeviceTotalMem_v2", purpose)
    func text(_ characters: [CChar]) -> String {
      String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    return DeviceDescription(
      index: Int(index), name: text(name),
      capability: (try attribute(Attribute.major), try attribute(Attribute.minor)),
      multiprocessors: try attribute(Attribute.multiprocessors), memory: Bytes(Int64(bytes)),
      cache: Bytes(Int64(try attribute(Attribute.cache))), clock: try attribute(Attribute.clockRate),
      memoryClock: try attribute(Attribute.memoryClockRate), busWidth: try attribute(Attribute.busWidth),
      bus: DeviceAddress.normalised(text(bus)))
  }
}
