import Configuration
import Fitting
import Foundation
import Quantities
import Testing

@testable import KernelModels

@Suite("Profiles as text")
struct KernelProfileTextTests {
  static let origin = ProfileOrigin(
    version: "1", source: "it's here", license: "Apache-2.0", seed: 3,
    files: [("a.csv", String(repeating: "0", count: 64), [4, 3, 1, 0])])

  @Test("A profile reads back as it was written, and predicts the same")
  func roundTrip() throws {
    let cell = ErrorCell(family: .fa3, headDim: 128, hasWindow: true, regime: .mostlyFloor)
    let range = ValidityRange(try TierTwoTests.kernel(window: 128))
    let centres = try #require(
      KernelParameters(phase: .decode, values: ModelParameter.all(of: .decode).map(\.centre)))
    let count = centres.values.count
    let shared = FittedParameters(
      parameters: centres, spreads: Array(repeating: 0.125, count: count),
      informed: Array(repeating: 0.25, count: count),
      rows: 7, range: range)
    let profile = try TierTwoTests.profile(
      shared: [.decode: [.xqa: shared]], cells: [cell: ErrorInterval(low: -0.125, high: 0.25, rows: 61)],
      families: [.fa3: ErrorInterval(low: -0.5, high: 0.5, rows: 600)],
      tierOne: [.fa3: ErrorInterval(low: -0.75, high: 0.75, rows: 600)])
    let text = KernelProfileText(profile, Self.origin).text
    let read = try KernelProfile(document: Document(yaml: text, file: "p.yaml"))
    // Intervals of parameters are worked out from spreads, and back: their last digits may change.
    func fixed(_ text: String) -> String { text.replacing(#/interval: \[[^\]]*\], /#, with: "") }
    #expect(fixed(KernelProfileText(read, Self.origin).text) == fixed(text))
    #expect(fixed(text) != text)
    #expect(read.transfer == profile.transfer)
    #expect(read.groups.map(\.title) == profile.groups.map(\.title))
    #expect(read.groups.map(\.residuals.nodeCount) == profile.groups.map(\.residuals.nodeCount))
    let found = try #require(read.shared[.decode]?[.xqa])
    #expect(found.range == range && found.informed == shared.informed && found.rows == 7)
    #expect(zip(found.spreads, shared.spreads).allSatisfy { abs($0 - $1) < 1e-4 })
    for row in try Reference.rows() where row.tier2 != nil {
      let (before, after) = (
        try profile.predict(row.kernel, row.software, on: row.device),
        try read.predict(row.kernel, row.software, on: row.device)
      )
      #expect(abs(after.time / before.time - 1) < 1e-4, "line \(row.line)")
      #expect(after.tier == before.tier && after.extrapolations == before.extrapolations)
    }
  }

  @Test("The calibration that ships gives the reference's times for its shapes")
  func shipped() throws {
    let url = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Experiments/calibration/a100-h100.yaml")
    let profile = try KernelProfile(
      document: Document(yaml: String(contentsOf: url, encoding: .utf8), file: "a100-h100.yaml"))
    #expect(profile.groups.count == 8)
    for row in try Reference.rows() where row.tier2 != nil {
      let time = try profile.predict(row.kernel, row.software, on: row.device).time.seconds * 1e6
      // The reference stops H100's XQA after 40 steps, short of the optimum: that far apart are the two.
      #expect(abs(time / (try #require(row.tier2)) - 1) < 0.02, "line \(row.line): \(time)")
    }
  }

  @Test(
    "What is wrong in a profile is named with its place",
    arguments: [
      ("kind: kernel-profile", "kind: profile", "no kind of profile for kernels 'profile'"),
      ("launch-floor: {value: 9.051", "launch-floor: {value: -1", "launch-floor.value"),
      ("software: vllm", "software: vlm", "did you mean 'vllm'?"),
      ("device: H100", "device: H10", "no device 'H10'"),
      ("nodes: '", "nodes: 'x, ", "found 'x'"),
      ("range: {batch: [", "range: {batch: [999999999, ", "expected two in ascending order"),
      ("multiprocessors: 108", "multiprocessors: 0", "multiprocessors: found 0"),
    ])
  func broken(part: String, replacement: String, message: String) throws {
    let text = KernelProfileText(try TierTwoTests.profile(), Self.origin).text
    let broken = text.replacing(part, with: replacement, maxReplacements: 1)
    #expect(broken != text)
    let error = #expect(throws: ConfigurationError.self) {
      try KernelProfile(document: Document(yaml: broken, file: "p.yaml"))
    }
    #expect(error.map { "\($0)".contains(message) && $0.line != nil } == true, "\(String(describing: error))")
  }
}
