import Devices
import Quantities

/// A device profile of a device at hand: what it tells of itself, what was measured on it, and for the rest what the
/// profile of its model says.
public struct MeasuredProfile: Sendable {
  /// The name of the profile.
  public let name: String
  /// How the source begins that every such profile gives, by which it is known again.
  public static let origin = "read from the device by its driver "
  private let lines: [String]

  /// Describes a device.
  ///
  /// - Parameters:
  ///   - devices: What was read.
  ///   - index: The device.
  ///   - base: The profile of its model.
  ///   - rates: What was measured on it; nil for nothing.
  public init(_ devices: InstalledDevices, index: Int, base: DeviceProfile, rates: MeasuredRates? = nil) {
    let device = devices.entries[index].device
    let slug = device.name.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
    name = String(slug).split(separator: "-").joined(separator: "-")
    let sheet = "# of \(base.name)"
    var lines = [
      "title: \(device.name.filter { $0.isASCII && $0 != ":" && $0 != "#" })", "memory:",
      "  capacity: \(device.memory.count) B # read: cuDeviceTotalMem",
    ]
    // No input may have figures of the emulation; the word beside each says what they are to a reader.
    let word = devices.isEmulation ? Provenance.emulated.rawValue : Provenance.measured.rawValue
    if let read = rates?.read {
      let copy = rates?.copy.map { "; copying \($0.text)" } ?? ""
      lines += [
        "  bandwidth: \(Self.rate(read.rate)) B/s # \(word): reading \(read.text)\(copy)",
        "  efficiency: 1 # the bandwidth is one that was reached",
      ]
    } else {
      lines += [
        "  bandwidth: \(Self.rate(base.memoryBandwidth.bytesPerSecond)) B/s \(sheet)",
        "  efficiency: \(base.memoryEfficiency) \(sheet)",
      ]
    }
    lines.append("peak:")
    for type in DataType.allCases {
      guard let peak = base.peak[type] else { continue }
      lines.append("  \(type.rawValue): \(Self.rate(peak.flopsPerSecond)) FLOP/s \(sheet)")
    }
    lines += [
      "peak-efficiency: \(base.peakEfficiency) \(sheet)",
      rates?.launch.map {
        "launch-overhead: \(NumberText.format($0.time.seconds * 1e6, significantDigits: 4)) us # \(word): an empty kernel, "
          + "launch by launch, median of \($0.samples)"
      } ?? "launch-overhead: \(base.launchOverhead.seconds * 1e6) us \(sheet)",
      "multiprocessors: \(device.multiprocessors) # read: the driver's attribute 16",
      "cache: \(device.cache.count) B # read: the driver's attribute 38",
      // What comes from the emulation is of no use as an input, and no input may have this provenance.
      "provenance: \(devices.isEmulation || rates != nil ? word : base.provenance.rawValue)",
      "source: \(Self.origin)\(devices.driverVersion); what is of \(base.name), from that profile",
    ]
    self.lines = lines
  }

  /// The profile as a file of its own.
  public var text: String { (["name: \(name)"] + lines).joined(separator: "\n") + "\n" }

  /// The profile as the section `devices` of a topology file.
  public var section: String { Self.section(text) }

  /// The file of a profile, which begins with its name, as the section `devices` of a topology file.
  public static func section(_ text: String) -> String {
    let lines = text.split(separator: "\n")
    let name = lines.first?.dropFirst("name: ".count) ?? ""
    return (["devices:", "  \(name):"] + lines.dropFirst().map { "    " + $0 }).joined(separator: "\n") + "\n"
  }

  private static func rate(_ value: Double) -> String { "\(Int64(value.rounded()))" }
}
