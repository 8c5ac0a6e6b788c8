import Configuration
import Devices
import Quantities
import Testing

@Suite("Shipped devices")
struct ShippedDevicesTests {
  @Test("The devices that ship are these")
  func names() {
    #expect(
      ShippedFiles.devices.names() == [
        "a100-pcie-80gb", "a100-sxm-40gb", "a100-sxm-80gb", "b200-sxm", "gb200", "h100-pcie", "h100-sxm", "h200-sxm",
        "l40s", "mi300x", "rtx4090", "tpu-v5p", "v100-sxm2-32gb",
      ])
  }

  @Test("Each loads under its file's name, cites a source, and is plausible", arguments: ShippedFiles.devices.names())
  func loads(name: String) throws {
    let device = try DeviceProfile(document: ShippedFiles.devices.load(name))
    #expect(device.name == name)
    #expect(!device.source.isEmpty)
    #expect(device.provenance == .dataSheet)
    #expect((0.5...1).contains(device.memoryEfficiency))
    #expect((0.5...1).contains(device.peakEfficiency))
    #expect((Seconds(1e-6)...Seconds(1e-5)).contains(device.launchOverhead))
    #expect((Bytes(24_000_000_000)...Bytes(192_000_000_000)).contains(device.memory))
    // Reading the whole memory takes 10 to 60 ms on every accelerator of these years.
    let sweep = device.memory / device.memoryBandwidth
    #expect((0.01...0.06).contains(sweep.seconds), "\(sweep)")
    // A V100 has tensor cores for fp16 alone.
    let bf16 = try #require(device.peak[.bf16] ?? device.peak[.fp16])
    if let fp8 = device.peak[.fp8] { #expect(abs(fp8 / bf16 - 2) < 0.01) }
    if let fp16 = device.peak[.fp16] { #expect(fp16 == bf16) }
    if let fp32 = device.peak[.fp32] { #expect(fp32 < bf16) }
  }

  @Test("Every figure has its source, or the word assumed, in a comment", arguments: ShippedFiles.devices.names())
  func cites(name: String) throws {
    let lines = try ShippedFiles.text(ShippedFiles.devices, name).split(separator: "\n")
    for (index, line) in lines.enumerated() where line.contains(": ") && !line.hasPrefix("#") {
      let key = line.prefix { $0 != ":" }
      guard !["name", "title", "provenance", "source"].contains(key), !line.hasPrefix("  #") else { continue }
      let above = index > 0 && lines[index - 1].hasPrefix("  #")
      #expect(line.contains(" # ") || above, "\(name): \(line)")
    }
  }

  @Test("The figures are the cited ones")
  func figures() throws {
    let h100 = try DeviceProfile(document: ShippedFiles.devices.load("h100-sxm"))
    #expect(h100.memoryBandwidth == BytesPerSecond(3.35e12))
    #expect(h100.peak[.bf16] == FLOPsPerSecond(989e12))
    #expect(h100.multiprocessors == 132)
    #expect(h100.cache == Bytes(52_428_800))
    #expect(abs(h100.achievedMemoryBandwidth / BytesPerSecond(2.68e12) - 1) < 1e-12)
    let a100 = try DeviceProfile(document: ShippedFiles.devices.load("a100-sxm-40gb"))
    #expect(a100.peak[.fp8] == nil)
    #expect(a100.memory == Bytes(40_000_000_000))
    #expect(try DeviceProfile(document: ShippedFiles.devices.load("tpu-v5p")).cache == .zero)
  }
}
