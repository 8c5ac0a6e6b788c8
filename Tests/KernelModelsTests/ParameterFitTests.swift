import Fitting
import Quantities
import RealModule
import TestSupport
import Testing

@testable import KernelModels

@Suite("The fit of the kernel model")
struct ParameterFitTests {
  /// Random shapes with the times that parameters give them, times lognormal noise.
  static func synthetic(
    _ phase: KernelPhase, _ software: KernelSoftware, count: Int, parameters: KernelParameters, noise: Double,
    seed: Int,
    outliers: Double = 0
  ) throws -> [MeasuredKernel] {
    var generator = SeededGenerator(seed: seed)
    func pick(_ powers: ClosedRange<Int>) -> Int { 1 << Int.random(in: powers, using: &generator) }
    return try (0..<count).map { line in
      let kvHeads = pick(0...4)
      let tokens = phase == .decode ? pick(4...16) : pick(5...12)
      let kernel = try AttentionKernel(
        phase: phase, batch: pick(0...7), queryHeads: kvHeads * pick(1...4), kvHeads: kvHeads, headDim: 128,
        queryTokens: phase == .decode ? 1 : tokens, contextTokens: tokens)
      let model = KernelModel(kernel, software, on: .h100)
      let time = try #require(model.terms(parameters)).total
      let normal = (0..<12).reduce(-6.0) { sum, _ in sum + Double.random(in: 0...1, using: &generator) }
      let isOutlier = Double.random(in: 0...1, using: &generator) < outliers
      return MeasuredKernel(
        line: line + 2, kernel: kernel, software: software, version: software.label, device: .h100,
        time: time * Double.exp(noise * normal + (isOutlier ? (line % 2 == 0 ? 1 : -1) : 0)))
    }
  }

  @Test(
    "Parameters that made the times are found again, though one row in ten is an outlier",
    arguments: KernelPhase.allCases)
  func recovery(phase: KernelPhase) throws {
    let reference = try Reference.parameters()
    let truth = try #require(reference["\(phase.rawValue)/H100/VLLM/FA3"])
    let measurements = try Self.synthetic(
      phase, .vllm, count: 500, parameters: truth, noise: 0.02, seed: 5, outliers: 0.1)
    let rows = PreparedRows(measurements)
    let outcome = try ParameterFit(name: "synthetic", seed: 1)(rows.models, logTimes: rows.logTimes)
    let (found, expected) = (rows.logTierOne(outcome.parameters), rows.logTierOne(truth))
    let errors = zip(found, expected).map { abs($0 - $1) }
    #expect(try #require(OrderStatistics.quantile(0.5, of: errors)) < 0.01)
    #expect(try #require(OrderStatistics.quantile(0.9, of: errors)) < 0.03)
    let floor = try #require(outcome.parameters["launch-floor"]) / (try #require(truth["launch-floor"]))
    #expect(abs(floor - 1) < 0.05, "the floor is \(floor) of the true one")
    // No row has a window: its parameter stays where the prior has it, and says so.
    let all = ModelParameter.all(of: phase)
    let window = try #require(all.firstIndex { $0.name == "cta-window" })
    #expect(abs(outcome.parameters.values[window] / all[window].centre - 1) < 1e-6)
    #expect(outcome.informed[window] < 1e-6 && outcome.informed[0] > 0.9)
    // The same again, to the bit.
    #expect(
      try ParameterFit(name: "again", seed: 1)(rows.models, logTimes: rows.logTimes).parameters == outcome.parameters)
  }

  @Test("Too few rows, and times that are none, are errors and never parameters")
  func refused() throws {
    let centres = try #require(
      KernelParameters(phase: .decode, values: ModelParameter.all(of: .decode).map(\.centre)))
    let few = PreparedRows(
      try Self.synthetic(.decode, .vllm, count: 59, parameters: centres, noise: 0.01, seed: 1))
    #expect(throws: KernelModelError.tooFewRows(fit: "few", rows: 59, expected: 60)) {
      try ParameterFit(name: "few", seed: 0)(few.models, logTimes: few.logTimes)
    }
    let rows = PreparedRows(
      try Self.synthetic(.decode, .vllm, count: 80, parameters: centres, noise: 0.01, seed: 1))
    var times = rows.logTimes
    times[7] = -.infinity
    let error = #expect(throws: KernelModelError.self) {
      try ParameterFit(name: "none", seed: 0)(rows.models, logTimes: times)
    }
    guard case .noConvergence = error else {
      Issue.record("found \(String(describing: error)), expected no convergence")
      return
    }
  }

  @Test("Cross-validation leaves whole families of shapes out, and its intervals hold about 80 % of unseen rows")
  func crossValidation() throws {
    let truth = try #require(try Reference.parameters()["decode/H100/VLLM/FA3"])
    let rows = PreparedRows(
      try Self.synthetic(.decode, .vllm, count: 700, parameters: truth, noise: 0.05, seed: 9))
    let folds = rows.folds(3, seed: 4)
    #expect(Set(folds) == [0, 1, 2] && folds == rows.folds(3, seed: 4) && folds != rows.folds(3, seed: 5))
    for (shape, members) in Dictionary(grouping: rows.measurements.indices, by: { rows.measurements[$0].shapeFamily }) {
      #expect(Set(members.map { folds[$0] }).count == 1, "\(shape)")
    }
    let fits = try (0..<3).map { fold in
      try GroupFit(rows.rows(folds.indices.filter { folds[$0] != fold }), name: "fold \(fold)", seed: 0)
    }
    let validation = CrossValidation(rows, folds: folds, fits: fits)
    #expect(validation.rows.count == 700 && validation.unpredicted == 0)
    let summary = try #require(ErrorSummary(of: validation.rows.map(\.error)))
    // A normal error of 5 % has a median size of 3.4 %.
    #expect(summary.median > 0.02 && summary.median < 0.055 && abs(summary.bias) < 0.02)
    let covered = Double(validation.rows.count { $0.isCovered }) / 700
    #expect(covered > 0.7 && covered < 0.9, "\(covered)")
    let intervals = validation.intervals
    #expect(intervals.cells.values.allSatisfy { $0.rows >= ErrorInterval.fewestRows && $0.low < $0.high })
    #expect(intervals.families[.fa3]?.rows == 700 && intervals.tierOne[.fa3]?.rows == 700)
  }

  @Test("Parameters of one device predict another where the physics is all that differs")
  func crossDevice() throws {
    let truth = try #require(try Reference.parameters()["decode/H100/TRTLLM/XQA"])
    let h100 = try Self.synthetic(.decode, .trtllm, count: 400, parameters: truth, noise: 0.01, seed: 3)
      .filter { KernelFamily.choose($0.kernel, .trtllm, on: .h100) == .xqa }
    let a100 = try h100.compactMap { row -> MeasuredKernel? in
      let model = KernelModel(row.kernel, .trtllm, on: .a100)
      guard model.family == .xqa else { return nil }
      return MeasuredKernel(
        line: row.line, kernel: row.kernel, software: .trtllm, version: "TRTLLM", device: .a100,
        time: try #require(model.terms(truth)).total)
    }
    let rows = PreparedRows(h100 + a100)
    let device = try CrossDevice(rows, .trtllm, lineage: [.xqa], from: .h100, to: .a100, name: "left out", seed: 0)
    #expect(device.rows.count == a100.count && device.rows.count > 200)
    #expect(try #require(CrossDevice.halfWidth([device])) < 0.05)
    let shared = try #require(try SharedFit(rows, lineage: [.xqa], name: "shared", seed: 0))
    #expect(shared.errors.map(\.device.name) == ["A100", "H100"])
    #expect(shared.errors.allSatisfy { $0.summary.median < 0.02 })
    #expect(try SharedFit(rows.group(.h100, .trtllm), lineage: [.xqa], name: "one", seed: 0) == nil)
  }
}
