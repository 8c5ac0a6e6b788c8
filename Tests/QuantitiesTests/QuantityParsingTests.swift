import Foundation
import Quantities
import TestSupport
import Testing

@Suite("Reading quantities")
struct QuantityParsingTests {
  @Test(
    "Decimal and binary sizes are exact",
    arguments: [
      ("80 GB", 80_000_000_000), ("80 GiB", 85_899_345_920), ("80.1 GB", 80_100_000_000), ("1 KiB", 1024),
      ("0.5 KiB", 512), ("1 kB", 1000), ("1 KB", 1000), ("3 B", 3), ("50 MiB", 52_428_800),
      ("1.5 TB", 1_500_000_000_000),
      ("1 TiB", 1_099_511_627_776), ("2 PB", 2_000_000_000_000_000), ("0", 0), ("-5 GB", -5_000_000_000),
      ("1e3 MB", 1_000_000_000), ("0.000001 MB", 1),
    ] as [(String, Int64)])
  func sizes(text: String, count: Int64) throws {
    #expect(try Bytes(parsing: text).count == count)
  }

  @Test("A size of nine decimals in GB is read to the byte")
  func decimalSizes() throws {
    var generator = SeededGenerator(seed: 4)
    for _ in 0..<5_000 {
      let whole = Int64.random(in: 0...99_999, using: &generator)
      let fraction = Int64.random(in: 0...999_999_999, using: &generator)
      let text = "\(whole).\(String(format: "%09d", Int(fraction))) GB"
      #expect(try Bytes(parsing: text).count == whole * 1_000_000_000 + fraction, "\(text)")
    }
  }

  @Test(
    "Bits are an eighth of bytes",
    arguments: [
      ("400 Gb/s", 50e9), ("400 Gbit/s", 50e9), ("400 Gbps", 50e9), ("400 GB/s", 400e9), ("400 GBps", 400e9),
      ("8 b/s", 1), ("1 Tb/s", 125e9), ("1 KiB/s", 1024), ("1 GiB/s", 1_073_741_824), ("3.35 TB/s", 3.35e12),
      ("1 PB/s", 1e15), ("0", 0),
    ])
  func rates(text: String, rate: Double) throws {
    #expect(try BytesPerSecond(parsing: text).bytesPerSecond == rate)
  }

  @Test(
    "Times read in every unit",
    arguments: [
      ("2 us", 2e-6), ("2 µs", 2e-6), ("2 μs", 2e-6), ("2e-6 s", 2e-6), ("500 ns", 500e-9), ("3 ms", 3e-3),
      ("7 ps", 7e-12), ("1 s", 1), ("0", 0),
    ])
  func times(text: String, seconds: Double) throws {
    #expect(abs(try Seconds(parsing: text).seconds - seconds) <= 1e-15 * seconds)
  }

  @Test(
    "Token counts read as people write them",
    arguments: [
      ("5.12M", 5_120_000), ("128k", 128_000), ("128K", 128_000), ("128Ki", 131_072), ("1Mi", 1_048_576),
      ("131072", 131_072), ("131_072", 131_072), ("0", 0), ("1e6", 1_000_000), ("2 G", 2_000_000_000), ("-1", -1),
      ("0.5k", 500),
    ])
  func tokens(text: String, count: Int) throws {
    #expect(try TokenCount(parsing: text).count == count)
    // Configuration readers know the type only through the protocol.
    #expect(try Self.parsedGenerically(TokenCount.self, text).count == count)
  }

  @Test("Work and its rate read in every unit")
  func work() throws {
    #expect(try FLOPs(parsing: "4 GFLOP").count == 4e9)
    #expect(try FLOPsPerSecond(parsing: "989 TFLOP/s").flopsPerSecond == 989e12)
    #expect(try FLOPsPerSecond(parsing: "1.979 PFLOPS").flopsPerSecond == 1.979e15)
  }

  @Test(
    "What is no size is refused, and the message quotes it",
    arguments: [
      "", " ", "GB", "5", "5 XB", "--5 GB", "5..2 GB", "nan GB", "inf GB", "NaN", "1e400 GB", "1e308 PB", "0.3 B",
      "1e-20 B", "1e19 B", "9223372036854775808 B", "-1e19 B", "5 gb", "5 GB/s", "5GB GB", "0x10 GB", "0.5", "1,5 GB",
      "5 GB;", "٣ GB",
    ])
  func refusesSizes(text: String) {
    #expect {
      try Bytes(parsing: text)
    } throws: { error in
      (error as? QuantityError)?.found == text && "\(error)".contains("found '\(text)', expected a size")
    }
  }

  @Test(
    "What is no rate is refused, overflow to infinity too",
    arguments: ["1e400 GB/s", "1e308 TB/s", "-1e308 TB/s", "nan GB/s", "5 GB", "400", "400 G", "400 gb/s"])
  func refusesRates(text: String) {
    #expect(throws: QuantityError.self) { try BytesPerSecond(parsing: text) }
  }

  @Test(
    "What is no token count is refused",
    arguments: ["", "k", "1.5", "1.0001k", "5 tokens", "1e30", "nan", "9223372036854775808", "1e300G"])
  func refusesTokens(text: String) {
    #expect(throws: QuantityError.self) { try TokenCount(parsing: text) }
  }

  @Test("An unknown unit suggests the nearest")
  func suggests() {
    #expect {
      try BytesPerSecond(parsing: "400 Gbis/s")
    } throws: {
      "\($0)".contains("did you mean 'Gbit/s'?")
    }
    #expect {
      try TokenCount(parsing: "5 Mio")
    } throws: {
      "\($0)".contains("no unit 'Mio'; did you mean 'Mi'?")
    }
  }

  @Test("No text traps a reader")
  func anyText() {
    var generator = SeededGenerator(seed: 5)
    let letters = Array("0123456789.-+eE_ kKMGTPiBbs/µ٣½x")
    for _ in 0..<20_000 {
      let length = Int.random(in: 0...12, using: &generator)
      let text = String((0..<length).map { _ in letters[Int.random(in: 0..<letters.count, using: &generator)] })
      if let size = try? Bytes(parsing: text) { #expect(!size.description.isEmpty) }
      if let rate = try? BytesPerSecond(parsing: text) { #expect(rate.bytesPerSecond.isFinite) }
      if let time = try? Seconds(parsing: text) { #expect(time.seconds.isFinite) }
      if let count = try? TokenCount(parsing: text) { #expect(!count.description.isEmpty) }
    }
  }

  private static func parsedGenerically<Value: Quantity>(_ type: Value.Type, _ text: String) throws -> Value {
    try Value(parsing: text)
  }
}
