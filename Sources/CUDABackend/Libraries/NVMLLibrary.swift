import Libraries
import Quantities

/// NVML, the driver's monitoring: clocks, power, temperature, throttling and links, as nvml.h declares it.
public struct NVMLLibrary: Sendable {
  typealias Handle = OpaquePointer
  private typealias Counter = @convention(c) (Handle?, UnsafeMutablePointer<CUnsignedInt>?) -> CInt
  private typealias Choice = @convention(c) (Handle?, CUnsignedInt, UnsafeMutablePointer<CUnsignedInt>?) -> CInt

  /// A device, as NVML names it.
  public struct Device: Sendable {
    nonisolated(unsafe) let handle: Handle
  }

  /// The file that holds the library.
  public let path: String
  /// The driver's own version, such as `550.54.15`.
  public let driverVersion: String

  private let errorText: @convention(c) (CInt) -> UnsafePointer<CChar>?
  private let byBus: @convention(c) (UnsafePointer<CChar>?, UnsafeMutablePointer<Handle?>?) -> CInt
  private let clock: Choice
  private let mostClock: Choice
  private let temperature: Choice
  private let power: Counter
  private let reasons: @convention(c) (Handle?, UnsafeMutablePointer<UInt64>?) -> CInt
  private let linkState: Choice
  private let linkRemoteType: Choice
  private let linkRemote: @convention(c) (Handle?, CUnsignedInt, UnsafeMutableRawPointer?) -> CInt
  private let pci: @convention(c) (Handle?, UnsafeMutableRawPointer?) -> CInt
  private let ancestor: @convention(c) (Handle?, Handle?, UnsafeMutablePointer<CUnsignedInt>?) -> CInt

  /// Opens the library and starts it.
  ///
  /// - Parameter folders: Where to look first.
  /// - Throws: ``CUDAError``: `libraryMissing`, `libraryUnfit`, `call`.
  public init(folders: [String] = []) throws(CUDAError) {
    let library = try CUDALibrary.nvml.open(folders)
    var symbols = library.symbols
    let start: @convention(c) () -> CInt = symbols.find("nvmlInit_v2")
    let version: @convention(c) (UnsafeMutablePointer<CChar>?, CUnsignedInt) -> CInt =
      symbols.find("nvmlSystemGetDriverVersion")
    errorText = symbols.find("nvmlErrorString")
    byBus = symbols.find("nvmlDeviceGetHandleByPciBusId_v2")
    clock = symbols.find("nvmlDeviceGetClockInfo")
    mostClock = symbols.find("nvmlDeviceGetMaxClockInfo")
    temperature = symbols.find("nvmlDeviceGetTemperature")
    power = symbols.find("nvmlDeviceGetPowerUsage")
    reasons = symbols.find("nvmlDeviceGetCurrentClocksThrottleReasons")
    linkState = symbols.find("nvmlDeviceGetNvLinkState")
    linkRemoteType = symbols.find("nvmlDeviceGetNvLinkRemoteDeviceType")
    linkRemote = symbols.find("nvmlDeviceGetNvLinkRemotePciInfo_v2")
    pci = symbols.find("nvmlDeviceGetPciInfo_v3")
    ancestor = symbols.find("nvmlDeviceGetTopologyCommonAncestor")
    try CUDALibrary.nvml.finish(symbols)
    path = library.file(ofFunction: "nvmlInit_v2") ?? library.name
    let started = start()
    guard started == 0 else {
      throw .call(
        function: "nvmlInit_v2", result: Self.result(started, errorText),
        purpose: "starting \(CUDALibrary.nvml.rawValue)")
    }
    var text = [CChar](repeating: 0, count: 96)
    driverVersion = version(&text, 96) == 0 ? Self.text(text) : "unknown"
  }

  /// The device at a PCI address such as `0000:1b:00.0`.
  ///
  /// - Throws: ``CUDAError/call(function:result:purpose:)``.
  public func device(bus: String) throws(CUDAError) -> Device {
    var handle: Handle?
    let code = byBus(bus, &handle)
    guard code == 0, let handle else {
      throw .call(
        function: "nvmlDeviceGetHandleByPciBusId_v2", result: Self.result(code, errorText),
        purpose: "finding the device at \(bus)")
    }
    return Device(handle: handle)
  }

  /// Whether a device can't be reached any more.
  func isLost(_ device: Device) -> Bool {
    var value: CUnsignedInt = 0
    return temperature(device.handle, 0, &value) == CUDAResult.gpuIsLost
  }

  /// What the device's sensors show now; what a device has no sensor for is nil.
  public func reading(_ device: Device) -> DeviceReading {
    func choose(_ function: Choice, _ which: CUnsignedInt) -> Int? {
      var value: CUnsignedInt = 0
      return function(device.handle, which, &value) == 0 ? Int(value) : nil
    }
    var (milliwatts, mask): (CUnsignedInt, UInt64) = (0, 0)
    return DeviceReading(
      clock: choose(clock, Clock.multiprocessor), memoryClock: choose(clock, Clock.memory),
      milliwatts: power(device.handle, &milliwatts) == 0 ? Int(milliwatts) : nil,
      temperature: choose(temperature, 0), throttling: reasons(device.handle, &mask) == 0 ? mask : nil)
  }

  /// The highest clocks of the multiprocessors and of the memory, in MHz.
  public func mostClocks(_ device: Device) -> (multiprocessor: Int?, memory: Int?) {
    var (first, second): (CUnsignedInt, CUnsignedInt) = (0, 0)
    let found = (
      mostClock(device.handle, Clock.multiprocessor, &first), mostClock(device.handle, Clock.memory, &second)
    )
    return (found.0 == 0 ? Int(first) : nil, found.1 == 0 ? Int(second) : nil)
  }

  /// nvmlClockType_t.
  private enum Clock {
    static let multiprocessor: CUnsignedInt = 1
    static let memory: CUnsignedInt = 2
  }

  /// The PCI device id, such as 0x2330; nil where NVML does not tell.
  public func deviceID(_ device: Device) -> Int? {
    // nvmlPciInfo_t: 16 characters, domain, bus, device, then the device id above the vendor's; 68 bytes in all.
    var words = [UInt32](repeating: 0, count: 17)
    return pci(device.handle, &words) == 0 ? Int(words[7] >> 16) : nil
  }

  /// NVLinks that are up: how many lead to switches, and how many to each PCI address.
  public func links(_ device: Device) -> (switches: Int, peers: [String: Int]) {
    var (switches, peers): (Int, [String: Int]) = (0, [:])
    // NVML_NVLINK_MAX_LINKS.
    for link in CUnsignedInt(0)..<18 {
      var (state, kind): (CUnsignedInt, CUnsignedInt) = (0, 0)
      guard linkState(device.handle, link, &state) == 0, state == 1 else { continue }
      // nvmlIntNvLinkDeviceType_t: 2 for a switch.
      if linkRemoteType(device.handle, link, &kind) == 0, kind == 2 {
        switches += 1
        continue
      }
      var words = [UInt32](repeating: 0, count: 17)
      guard linkRemote(device.handle, link, &words) == 0 else { continue }
      let bus = words.withUnsafeBytes { String(decoding: $0[36..<68].prefix { $0 != 0 }, as: UTF8.self) }
      peers[DeviceAddress.normalised(bus), default: 0] += 1
    }
    return (switches, peers)
  }

  /// How far apart two devices are on PCIe, as `nvidia-smi topo -m` writes it; nil where NVML does not tell.
  public func distance(_ first: Device, _ second: Device) -> String? {
    var level: CUnsignedInt = 0
    guard ancestor(first.handle, second.handle, &level) == 0 else { return nil }
    // nvmlGpuTopologyLevel_t.
    switch level {
    case 0, 10: return "PIX"
    case 20: return "PXB"
    case 30: return "PHB"
    case 40: return "NODE"
    default: return "SYS"
    }
  }

  private static func text(_ characters: [CChar]) -> String {
    String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func result(
    _ code: CInt, _ text: @convention(c) (CInt) -> UnsafePointer<CChar>?
  ) -> CUDAResult {
    CUDAResult(code: code, name: "NVML's error", text: text(code).map { String(cString: $0) } ?? "")
  }
}
