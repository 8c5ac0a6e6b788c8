import Foundation
import Quantities
import Testing

@testable import CPUNumerics

@Suite struct NumberFormatTests {
  static let formats: [NumberFormat] = [.bf16, .fp16, .e4m3, .e5m2]

  @Test func tiesGoToTheEvenNeighbour() {
    // bf16 has steps of 2^-7 from 1 to 2.
    #expect(NumberFormat.bf16.round(1 + 0x1p-8) == 1)
    #expect(NumberFormat.bf16.round(1 + 3 * 0x1p-8) == 1 + 0x1p-6)
    #expect(NumberFormat.bf16.round((1 + Float(0x1p-8)).nextUp) == 1 + 0x1p-7)
    #expect(NumberFormat.fp16.round(2049) == 2048)
    #expect(NumberFormat.fp16.round(2051) == 2052)
    #expect(NumberFormat.fp32.round(.pi) == .pi)
  }

  @Test func smallNumbersAreSubnormalThenZero() {
    #expect(NumberFormat.fp16.round(0x1p-24) == 0x1p-24)
    #expect(NumberFormat.fp16.round(0x1p-25) == 0)
    #expect(NumberFormat.fp16.round(Float(0x1p-25).nextUp) == 0x1p-24)
    #expect(NumberFormat.e4m3.round(0x1p-10) == 0)
    #expect(NumberFormat.e4m3.round(-0x1p-10).sign == .minus)
    #expect(NumberFormat.bf16.round(0x1p-133) == 0x1p-133)
  }

  @Test func largeNumbersOverflowAsTheFormatHasIt() {
    #expect(NumberFormat.e4m3.round(464) == 448)
    #expect(NumberFormat.e4m3.round(Float(464).nextUp).isNaN)
    #expect(NumberFormat.e4m3.round(.infinity).isNaN)
    #expect(NumberFormat.e5m2.round(Float(61440).nextDown) == 57344)
    #expect(NumberFormat.e5m2.round(61440) == .infinity)
    #expect(NumberFormat.fp16.round(-65520) == -.infinity)
    #expect(NumberFormat.bf16.round(.greatestFiniteMagnitude) == .infinity)
    #expect(NumberFormat.bf16.round(.nan).isNaN)
  }

  @Test func whatIsRoundedStaysAsItIs() {
    for format in Self.formats {
      for bits in stride(from: UInt32(0), to: .max, by: 65_521 * 7) {
        let once = format.round(Float(bitPattern: bits))
        #expect(once.isNaN || format.round(once) == once)
      }
    }
  }

  /// Bit for bit as ml_dtypes rounds, over every code, every middle between two, and random bit patterns.
  @Test(
    .enabled(if: PythonWithMLDtypes.isThere, "needs python3 with ml_dtypes, which `make test` puts into .build/python"))
  func roundingIsThatOfMLDtypes() throws {
    let table = try PythonWithMLDtypes.rounding(seed: 7, count: 500_000)
    #expect(table.count > 5 * 500_000)
    var misses = 0
    for row in stride(from: 0, to: table.count, by: 5) {
      let number = Float(bitPattern: table[row])
      for (index, format) in Self.formats.enumerated() {
        let found = format.round(number)
        let expected = Float(bitPattern: table[row + 1 + index])
        if expected.isNaN ? !found.isNaN : found.bitPattern != expected.bitPattern {
          misses += 1
          if misses < 5 { Issue.record("\(number) in format \(index): found \(found), expected \(expected)") }
        }
      }
    }
    #expect(misses == 0)
  }
}

/// The Python that has ml_dtypes: that of the folder that `make test` prepares, or the system's.
enum PythonWithMLDtypes {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../..").standardized

  private static let interpreter: String? = {
    let candidates = [root.appendingPathComponent(".build/python/bin/python").path, "/usr/bin/python3"]
    return candidates.first { path in
      FileManager.default.isExecutableFile(atPath: path)
        && (try? run(path, ["-c", "import ml_dtypes, numpy"]))?.status == 0
    }
  }()

  /// Whether there is one.
  static var isThere: Bool { interpreter != nil }

  /// The words of `Tests/rounding_of_ml_dtypes.py`.
  static func rounding(seed: Int, count: Int) throws -> [UInt32] {
    let script = root.appendingPathComponent("Tests/rounding_of_ml_dtypes.py").path
    let result = try run(try #require(interpreter), [script, "\(seed)", "\(count)"])
    try #require(result.status == 0)
    return result.output.withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count, by: 4).map {
        UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self))
      }
    }
  }

  private static func run(_ path: String, _ arguments: [String]) throws -> (status: Int32, output: Data) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    try process.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, output)
  }
}
