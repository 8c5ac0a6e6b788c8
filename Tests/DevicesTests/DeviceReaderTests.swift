import Configuration
import Devices
import Quantities
import Testing

@Suite("Reading devices")
struct DeviceReaderTests {
  static let good = """
    name: test
    memory: {capacity: 80 GB, bandwidth: 3.35 TB/s, efficiency: 0.9}
    peak: {bf16: 989 TFLOP/s, fp8: 1979 TFLOP/s}
    peak-efficiency: 0.5
    launch-overhead: 2 us
    multiprocessors: 132
    cache: 50 MiB
    provenance: published
    source: a paper
    title: Test device
    """

  static func read(_ text: String) throws -> DeviceProfile {
    try DeviceProfile(document: Document(yaml: text, file: "d.yaml"))
  }

  @Test("Every key is read")
  func reads() throws {
    #expect(
      try Self.read(Self.good)
        == DeviceProfile(
          name: "test", title: "Test device", memory: Bytes(80_000_000_000), memoryBandwidth: BytesPerSecond(3.35e12),
          memoryEfficiency: 0.9, peak: [.bf16: FLOPsPerSecond(989e12), .fp8: FLOPsPerSecond(1979e12)],
          peakEfficiency: 0.5, launchOverhead: Seconds(2) * 1e-6, multiprocessors: 132, cache: Bytes(52_428_800),
          provenance: .published, source: "a paper"))
  }

  @Test("Absent keys have the defaults that the initializer has")
  func defaults() throws {
    #expect(
      try Self.read("name: x\nmemory: {capacity: 1 GB, bandwidth: 1 GB/s}\npeak: {fp32: 1 TFLOP/s}")
        == DeviceProfile(
          name: "x", title: "x", memory: Bytes(1_000_000_000), memoryBandwidth: BytesPerSecond(1e9),
          peak: [.fp32: FLOPsPerSecond(1e12)]))
  }

  @Test(
    "Each thing wrong is named with its place",
    arguments: [
      ("name: test", "nam: test", "d.yaml:1:1: no key 'name'"),
      ("memory:", "memry:", "unknown key 'memry'; did you mean 'memory'?"),
      ("capacity: 80 GB, ", "", "d.yaml:2:9: memory: no key 'capacity'"),
      ("capacity: 80 GB", "capacity: 0 GB", "memory.capacity: found '0 GB', expected a size from 1 B to 1 PB"),
      ("capacity: 80 GB", "capacity: 2 PB", "from 1 B to 1 PB"),
      ("capacity: 80 GB", "capacity: 80 GB/s", "no unit 'GB/s'; did you mean 'GB'?"),
      ("bandwidth: 3.35 TB/s, ", "", "no key 'bandwidth'"),
      ("bandwidth: 3.35 TB/s", "bandwidth: -3 TB/s", "expected a rate from 1 MB/s"),
      ("bandwidth: 3.35 TB/s", "bandwidth: 1e-300 TB/s", "expected a rate from 1 MB/s"),
      ("bandwidth: 3.35 TB/s", "bandwith: 3.35 TB/s", "did you mean 'bandwidth'?"),
      ("efficiency: 0.9", "efficiency: 1.1", "memory.efficiency: found '1.1', expected a number from 0.001 to 1"),
      ("efficiency: 0.9", "efficiency: 0", "expected a number from 0.001 to 1"),
      ("efficiency: 0.5", "efficiency: nan", "d.yaml:4:18: peak-efficiency: found 'nan'"),
      ("{bf16: 989 TFLOP/s, fp8: 1979 TFLOP/s}", "{}", "d.yaml:3:7: peak: found no rate"),
      ("{bf16: 989 TFLOP/s, fp8: 1979 TFLOP/s}", "989 TFLOP/s", "peak: found '989 TFLOP/s', expected a mapping"),
      ("bf16:", "bf61:", "d.yaml:3:8: peak: unknown key 'bf61'; did you mean 'bf16'?"),
      ("989 TFLOP/s", "0 TFLOP/s", "peak.bf16: found '0 TFLOP/s'"),
      ("989 TFLOP/s", "989 TFLOPs", "did you mean"),
      ("2 us", "2 s", "launch-overhead: found '2 s', expected a time from 0 s to 1 s"),
      ("2 us", "-1 us", "launch-overhead"),
      ("132", "1e3", "multiprocessors: found '1e3', expected a whole number"),
      ("132", "0", "multiprocessors: found 0, expected a whole number from 1 to 1000000"),
      ("50 MiB", "-1 B", "cache: found '-1 B'"),
      ("published", "publishd", "provenance: no provenance 'publishd'; did you mean 'published'?"),
      ("published", "simulated", "no provenance 'simulated'"),
      ("source: a paper", "source: [a, paper]", "source: found a list, expected a text"),
      ("title: Test device", "title:", "title: found nothing, expected a text"),
    ])
  func refuses(original: String, replacement: String, message: String) throws {
    let text = Self.good.replacing(original, with: replacement, maxReplacements: 1)
    try #require(text != Self.good)
    #expect {
      try Self.read(text)
    } throws: { error in
      guard let error = error as? ConfigurationError else { return false }
      return error.line != nil && error.column != nil && error.description.contains(message)
    }
  }

  @Test("A profile in a topology goes by the name of its key")
  func nameInTopology() throws {
    let document = try Document(yaml: Self.good, file: "d.yaml")
    #expect(try DeviceProfile(reading: document.root, name: "test").name == "test")
    #expect {
      try DeviceProfile(reading: document.root, name: "other")
    } throws: {
      "\($0)".hasPrefix("d.yaml:1:7: name: found 'test', expected 'other'")
    }
  }

  @Test("No profile that is read makes a time that is no number")
  func finiteTimes() throws {
    let text = """
      name: x
      memory: {capacity: 1 PB, bandwidth: 1 MB/s, efficiency: 0.001}
      peak: {fp32: 1 MFLOP/s}
      peak-efficiency: 0.001
      """
    let time = try Self.read(text).rooflineTime(flops: FLOPs(1e30), bytes: Bytes(.max), type: .bf16)
    #expect(time.seconds.isFinite && time.seconds > 0)
  }
}
