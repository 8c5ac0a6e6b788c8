import Fitting
import Quantities
import RealModule
import TestSupport
import Testing

@testable import KernelModels

@Suite("Tier 2 and intervals of the kernel model")
struct TierTwoTests {
  /// A profile of the reference's parameters and those of its nodes that its rows need.
  static func profile(
    shared: [KernelPhase: [KernelFamily: FittedParameters]] = [:],
    cells: [ErrorCell: ErrorInterval] = [:], families: [KernelFamily: ErrorInterval] = [:],
    tierOne: [KernelFamily: ErrorInterval] = [:]
  ) throws -> KernelProfile {
    var nodes: [String: [[(key: Int64, value: Double)]]] = [:]
    for (line, fields) in try Reference.fields("nodes.csv") {
      let family = try #require(KernelFamily(rawValue: fields[2]), "line \(line)")
      let numbers = try [1, 3, 4, 5, 6].map { try #require(Int(fields[$0])) }
      let window = numbers[2]
      let grid = Int64((family.number * 1024 + numbers[1]) * 32 + (window > 0 ? window.trailingZeroBitCount + 1 : 0))
      let key = ResidualCell.key(grid: grid, first: numbers[3], second: numbers[4])
      nodes[fields[0], default: [[], [], []]][numbers[0]].append((key, try #require(Double(fields[7]))))
    }
    var ranges: [String: ValidityRange] = [:]
    for row in try Reference.rows() {
      let fit = "\(row.fit)/\(row.family)"
      var range = ranges[fit] ?? ValidityRange(row.kernel)
      range.insert(row.kernel)
      ranges[fit] = range
    }
    let parameters = try Reference.parameters()
    let groups = try nodes.keys.sorted().map { name in
      let parts = name.split(separator: "/").map { String($0) }
      var fits: [KernelFamily: FittedParameters] = [:]
      for (fit, values) in parameters where fit.hasPrefix(name + "/") {
        let family = try #require(KernelFamily(rawValue: String(fit.dropFirst(name.count + 1))))
        guard let range = ranges[fit] else { continue }
        fits[family] = FittedParameters(parameters: values, rows: 50, range: range)
      }
      return CalibratedKernels(
        phase: try #require(KernelPhase(rawValue: parts[0])), device: try #require(KernelDevice.named(parts[1])),
        software: try #require(KernelSoftware(rawValue: parts[2].lowercased())), version: "\(parts[2]) 1",
        fits: fits,
        residuals: ResidualModel(
          tables: (nodes[name] ?? []).map { ResidualTable(firstStep: 0.5, secondStep: 1, nodes: $0) }),
        cells: cells, families: families, tierOne: tierOne)
    }
    return KernelProfile(groups: groups, shared: shared, transfer: [.decode: [.trtllm: 0.2, .vllm: 0.24]])
  }

  @Test("Times of both tiers are those of the reference implementation")
  func reference() throws {
    let profile = try Self.profile()
    let rows = try Reference.rows().filter { $0.tier2 != nil }
    #expect(rows.count == 96)
    for row in rows {
      let prediction = try profile.predict(row.kernel, row.software, on: row.device)
      let expected = try #require(row.tier2)
      #expect(abs(prediction.time.seconds * 1e6 / expected - 1) < 1e-9, "line \(row.line)")
      #expect(prediction.tier == 2 && prediction.provenance == .fitted, "line \(row.line)")
      #expect(!prediction.isExtrapolated, "line \(row.line): \(prediction.extrapolations)")
      #expect(abs(prediction.terms.total.seconds * prediction.residualFactor / prediction.time.seconds - 1) < 1e-12)
    }
  }

  static func kernel(batch: Int = 16, headDim: Int = 128, window: Int? = nil, tokens: Int = 2048, bytes: Int = 2) throws
    -> AttentionKernel
  {
    try AttentionKernel(
      phase: .decode, batch: batch, queryHeads: 16, kvHeads: 4, headDim: headDim, window: window, queryTokens: 1,
      contextTokens: tokens, elementBytes: bytes)
  }

  @Test("What lies outside the measured shapes is extrapolated, and says what does")
  func outside() throws {
    let profile = try Self.profile()
    #expect(
      try profile.predict(Self.kernel(), .vllm, on: .h100).extrapolations.filter { $0.contains("measured:") } == [])
    let window = try profile.predict(Self.kernel(window: 96), .vllm, on: .h100)
    #expect(window.isExtrapolated && window.tier == 1 && window.residualFactor == 1)
    #expect(window.extrapolations.contains { $0.hasPrefix("window 96") })
    let long = try profile.predict(Self.kernel(batch: 1, tokens: 10_000_000), .vllm, on: .h100)
    #expect(long.extrapolations.contains { $0.hasPrefix("context tokens 10000000") })
    // The A100's XQA was measured at what is inferred to be 8 bits.
    let wide = try profile.predict(Self.kernel(), .trtllm, on: .a100)
    #expect(wide.family == .xqa && wide.extrapolations.contains { $0.hasPrefix("element bytes 2") })
    #expect(
      try !profile.predict(Self.kernel(bytes: 1), .trtllm, on: .a100).extrapolations.contains {
        $0.hasPrefix("element")
      })
  }

  @Test("A cell's interval goes before its kernel's, and that before the widest")
  func intervals() throws {
    let row = try #require(
      try Reference.rows().first { $0.tier2 != nil && $0.family == "FA3" && $0.kernel.phase == .decode })
    let kernel = row.kernel
    let regime = try Self.profile().predict(kernel, .vllm, on: .h100).terms.regime
    let cell = ErrorCell(
      family: .fa3, headDim: kernel.headDim, hasWindow: kernel.window != nil, regime: regime)
    let narrow = ErrorInterval(low: -0.02, high: 0.03, rows: 100)
    let wide = ErrorInterval(low: -0.2, high: 0.3, rows: 1000)
    for (profile, low, high) in [
      (try Self.profile(cells: [cell: narrow], families: [.fa3: wide]), -0.02, 0.03),
      (try Self.profile(families: [.fa3: wide]), -0.2, 0.3), (try Self.profile(), -0.4, 0.4),
    ] {
      let prediction = try profile.predict(kernel, .vllm, on: .h100)
      #expect(abs(prediction.low / prediction.time - 1 - .expMinusOne(low)) < 1e-12)
      #expect(abs(prediction.high / prediction.time - 1 - .expMinusOne(high)) < 1e-12)
    }
  }

  @Test("What is extrapolated has the interval of tier 1's errors, however narrow those of tier 2 are")
  func extrapolatedInterval() throws {
    let profile = try Self.profile(
      families: [.fa3: ErrorInterval(low: -0.02, high: 0.03, rows: 1000)],
      tierOne: [.fa3: ErrorInterval(low: -0.25, high: 0.375, rows: 1000)])
    let prediction = try profile.predict(Self.kernel(window: 96), .vllm, on: .h100)
    #expect(prediction.isExtrapolated)
    #expect(abs(prediction.low / prediction.time - 1 - .expMinusOne(-0.25)) < 1e-12)
    #expect(abs(prediction.high / prediction.time - 1 - .expMinusOne(0.375)) < 1e-12)
  }

  @Test("A device that was not measured takes its figures, the nearest device's parameters and the transfer's interval")
  func transfer() throws {
    let h200 = try KernelDevice(
      name: "H200", multiprocessors: 132, gigahertz: 1.83, memoryBandwidth: BytesPerSecond(4.8e12),
      cache: Bytes(50_000_000), capability: 90, flopsPerCycle: 4096)
    let centres = try #require(
      KernelParameters(phase: .decode, values: ModelParameter.all(of: .decode).map(\.centre)))
    let shared = FittedParameters(parameters: centres, rows: 9, range: ValidityRange(try Self.kernel()))
    let profile = try Self.profile(shared: [.decode: [.xqa: shared]])
    let kernel = try Self.kernel(batch: 256, tokens: 16_384)
    let flash = try profile.predict(kernel, .vllm, on: h200)
    #expect(flash.isExtrapolated && flash.tier == 1 && flash.source == "H100 VLLM 1 FA3")
    #expect(abs(flash.high / flash.time - 1 - .expMinusOne(0.24)) < 1e-12)
    let own = try profile.predict(kernel, .vllm, on: .h100)
    #expect(flash.terms.memory < own.terms.memory && flash.terms.floor == own.terms.floor)
    let xqa = try profile.predict(kernel, .trtllm, on: h200)
    #expect(xqa.source == "all measured devices, XQA")
    #expect(xqa.terms == KernelModel(kernel, .trtllm, on: h200).terms(centres))
    // An older device: FA2 from the A100, not FA3 from the H100.
    let ada = try KernelDevice(
      name: "L40S", multiprocessors: 142, gigahertz: 2.5, memoryBandwidth: BytesPerSecond(8.64e11),
      cache: Bytes(96_000_000), capability: 89, flopsPerCycle: 1024)
    #expect(try profile.predict(kernel, .vllm, on: ada).source == "A100 VLLM 1 FA2")
    let empty = KernelProfile(groups: [], shared: [:], transfer: [:])
    #expect(throws: KernelModelError.self) { try empty.predict(kernel, .vllm, on: ada) }
  }

  @Test("Tables take up what tier 1 leaves, shrink it by one row, and say nothing where there is none")
  func fitted() throws {
    var places: [ResidualCoordinates] = []
    var residuals: [Double] = []
    for _ in 0..<9 {
      for tokens in [1024, 4096] {
        let model = KernelModel(try Self.kernel(batch: 16, tokens: tokens), .vllm, on: .h100)
        places.append(ResidualCoordinates(model, family: model.family))
        residuals.append(0.08)
      }
    }
    let fit = ResidualFit.fit(places, residuals)
    let (sum, isKnown, isNear) = fit.value(places[0])
    #expect(isKnown && isNear)
    // Three tables in turn: each takes nine tenths of what is left at a node of nine rows, or eighteen nineteenths.
    #expect(sum > 0.08 * 0.99 && sum < 0.08)
    let far = KernelModel(try Self.kernel(batch: 4096, tokens: 64), .vllm, on: .h100)
    #expect(fit.value(ResidualCoordinates(far, family: far.family)).isNear == false)
    let other = KernelModel(try Self.kernel(headDim: 64), .vllm, on: .h100)
    #expect(fit.value(ResidualCoordinates(other, family: other.family)).sum == 0)
  }

  @Test("Keys of nodes are told apart and read back")
  func keys() {
    var generator = SeededGenerator(seed: 1)
    for _ in 0..<1_000 {
      let grid = Int64.random(in: 0...300_000, using: &generator)
      let first = Int.random(in: -60...120, using: &generator)
      let second = Int.random(in: -60...60, using: &generator)
      let node = ResidualCell.node(of: ResidualCell.key(grid: grid, first: first, second: second))
      #expect(node == (grid, first, second))
    }
  }
}
