/// What the sensors of a device showed at a moment.
public struct DeviceReading: Hashable, Sendable {
  /// The clock of the multiprocessors in MHz.
  public let clock: Int?
  /// The clock of the memory in MHz.
  public let memoryClock: Int?
  /// The power drawn, in mW.
  public let milliwatts: Int?
  /// The temperature in °C.
  public let temperature: Int?
  /// Why clocks are lower than they could be: NVML's bits.
  public let throttling: UInt64?

  /// Creates a reading.
  public init(clock: Int?, memoryClock: Int?, milliwatts: Int?, temperature: Int?, throttling: UInt64?) {
    self.clock = clock
    self.memoryClock = memoryClock
    self.milliwatts = milliwatts
    self.temperature = temperature
    self.throttling = throttling
  }

  /// nvmlClocksEventReasons of nvml.h, in words.
  private static let reasons: [(bit: UInt64, name: String)] = [
    (0x1, "idle"), (0x2, "application clocks"), (0x4, "software power cap"), (0x8, "hardware slowdown"),
    (0x10, "sync boost"), (0x20, "software thermal"), (0x40, "hardware thermal"), (0x80, "power brake"),
    (0x100, "display clocks"),
  ]

  /// Why clocks are lower than they could be, in words; empty where they are not.
  public var throttlingReasons: [String] {
    guard let throttling else { return [] }
    let named = Self.reasons.filter { throttling & $0.bit != 0 }.map(\.name)
    let known = Self.reasons.reduce(0) { $0 | $1.bit }
    let rest = throttling & ~known
    return named + (rest == 0 ? [] : ["others (0x\(String(rest, radix: 16)))"])
  }

  /// Whether clocks are low for a reason that spoils measurements: power or heat, and not that nothing runs.
  public var isThrottled: Bool { (throttling ?? 0) & 0xEC != 0 }
}
