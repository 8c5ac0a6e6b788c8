import Devices
import Quantities
import TestSupport
import Testing

@Suite("Device profiles")
struct DeviceProfileTests {
  @Test("The roofline is the larger of arithmetic and memory, with the efficiencies in it")
  func roofline() {
    let device = DeviceProfile(
      name: "x", title: "x", memory: Bytes(1), memoryBandwidth: BytesPerSecond(1e12), memoryEfficiency: 0.5,
      peak: [.bf16: FLOPsPerSecond(1e15), .fp32: FLOPsPerSecond(1e14)], peakEfficiency: 0.25,
      launchOverhead: Seconds(1))
    var generator = SeededGenerator(seed: 1)
    for _ in 0..<1_000 {
      let work = Double.random(in: 0...1e15, using: &generator)
      let size = Int64.random(in: 0...10_000_000_000_000, using: &generator)
      let expected = max(work / 0.25e15, Double(size) / 0.5e12)
      let time = device.rooflineTime(flops: FLOPs(work), bytes: Bytes(size), type: .bf16).seconds
      #expect(abs(time - expected) <= 1e-12 * expected)
    }
    #expect(device.achievedPeak(.fp8) == nil)
    // fp8 kernels convert on load, and so run at the rate of bf16.
    #expect(device.rooflineTime(flops: FLOPs(1e15), bytes: .zero, type: .fp8).seconds == 4)
    #expect(device.rooflineTime(flops: FLOPs(1e14), bytes: .zero, type: .fp32).seconds == 4)
  }
}
