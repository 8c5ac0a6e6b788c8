import Testing
import Workloads

@testable import CPUNumerics

/// The check of the fast path: it passes here, and would not pass by mistake.
@Suite struct KernelCheckTests {
  @Test func everythingIsWithinItsBound() throws {
    let check = KernelCheck(seed: 4, tokens: [1, 133], batch: 2, jobs: 2, products: try MatrixProducts.checked())
    var parts: [Int] = []
    let rows = try check.residuals { parts.append($0) }
    #expect(parts == Array(1...check.partCount))
    let variants = KernelVariant.available.count
    #expect(rows.count == variants * (1 + 3 + 2 + 2))
    for row in rows { #expect(row.passes, "\(row.name), \(row.place): \(row.value) of \(row.bound)") }
    // The bounds are no wider than they need be by orders of magnitude.
    for row in rows where row.name.hasPrefix("decode") { #expect(row.bound < 2e-4, "\(row.name): \(row.bound)") }
  }

  private static func decode(_ change: (inout [Float], inout [Float]) -> Void) throws -> Residual {
    let shape = AttentionShape(queryHeads: 4, kvHeads: 2, keyDim: 16)
    let tensors = try FastCases.tensors(
      AttentionWorkload(shape: shape, batch: 1, tokens: 200, type: .fp32), seed: 3, as: .bf16)
    let found = try FastDecode(jobs: 1, variant: .portable).run(tensors)
    var (output, logSumExps) = (found.output, found.logSumExps)
    change(&output, &logSumExps)
    var row = WorstResidual("decode", source: "", reproduction: "")
    DecodeOracle(tensors).compare(
      FastOutput(output: output, logSumExps: logSumExps), by: .portable, at: "here", to: &row)
    return row.row
  }

  @Test func whatIsSlightlyWrongMisses() throws {
    let right = try Self.decode { _, _ in }
    #expect(right.passes && right.ratio > 0)
    let wrong: [Residual] = [
      try Self.decode { output, _ in output[37] += 1e-3 }, try Self.decode { output, _ in output[63] = .nan },
      try Self.decode { _, scalars in scalars[3] -= 1e-3 }, try Self.decode { _, scalars in scalars[0] = .nan },
      try Self.decode { output, _ in output.swapAt(0, 1) },
    ]
    for row in wrong { #expect(!row.passes && row.place.hasPrefix("here, head "), "\(row.place)") }
  }

  @Test func oneKeyTooManyOrTooFewMisses() throws {
    // As a mask that is off by one would give.
    let shape = AttentionShape(queryHeads: 1, kvHeads: 1, keyDim: 8)
    let products = try MatrixProducts.checked()
    let tensors = try FastPrefillTests.tensors(shape, queryTokens: 33, tokens: 40, seed: 5)
    for causal in [true, false] {
      var rows = (0..<2).map { _ in WorstResidual("prefill", source: "", reproduction: "") }
      let oracle = PrefillOracle(tensors, causal: causal, step: 4)
      for (index, mask) in [causal, !causal].enumerated() {
        let found = FastPrefill(jobs: 1, causal: mask, variant: nil, products: products).run(tensors)
        oracle.compare(found, at: "here", to: &rows[index])
      }
      #expect(rows[0].row.passes && !rows[1].row.passes)
    }
  }

  @Test func theBoundGrowsWithWhatItCounts() {
    func bound(keys: Int = 1000, product: Double = 5, value: Double = 3, logits: Int = 20) -> FastErrorBound {
      FastErrorBound(
        logitRoundings: logits, keys: keys, block: 128, run: 4096, largestProduct: product, largestValue: value,
        logSumExp: 4)
    }
    let base = bound()
    #expect(bound(keys: 10_000).output > base.output && bound(product: 6).output > base.output)
    #expect(bound(value: 6).output == 2 * base.output && bound(value: 6).logSumExp == base.logSumExp)
    #expect(bound(logits: 40).logSumExp > base.logSumExp)
    // By hand: θ = (20·5 + 4·5 + 2.2·(1 + 8 + 1) + (128 + 16 + 3 + 1))·2⁻²⁴.
    let theta = (100 + 20 + 22 + 148) * 0x1p-24
    #expect(abs(base.output / ((2 * theta + 0x1p-24) * 3) - 1) < 1e-4)
  }

  @Test func threadCounts() {
    #expect(KernelCheck.threadCounts(1) == [2, 3] && KernelCheck.threadCounts(5) == [2, 3, 4, 5])
    #expect(KernelCheck.threadCounts(64).suffix(2) == [16, 64])
  }

  @Test func ratesAreOfWhatWasTimed() throws {
    let rates = try KernelRates(
      tokens: 64, prefillTokens: 48, repeats: 3, jobs: 2, products: MatrixProducts.checked()
    ).measured()
    #expect(rates.count == 7)
    for rate in rates {
      #expect(rate.rates.count == 3 && rate.limitRates.count == 3)
      #expect(rate.rates.allSatisfy { $0 > 0 && $0.isFinite } && rate.ofLimit > 0)
    }
    let rate = KernelRate(
      name: "", unit: .bytesPerSecond, rates: [4, 1, 3, 2], limit: "", limitRates: [8, 1, 3, 8])
    #expect(rate.median == 2.5 && rate.limitMedian == 5.5 && rate.ofLimit == 0.75)
  }
}
