import KernelModels
import Quantities
import TestSupport
import Testing

@Suite("Tier 1 of the kernel model")
struct TierOneTests {
  @Test("Kernels, splits and times are those of the reference implementation")
  func reference() throws {
    let parameters = try Reference.parameters()
    let rows = try Reference.rows()
    #expect(rows.count == 400)
    for row in rows {
      let model = KernelModel(row.kernel, row.software, on: row.device)
      #expect(model.family.rawValue == row.family, "line \(row.line)")
      #expect(model.splits == row.splits, "line \(row.line)")
      let values = try #require(parameters["\(row.fit)/\(row.family)"])
      let time = try #require(model.terms(values)).total.seconds * 1e6
      #expect(abs(time / row.tier1 - 1) < 1e-12, "line \(row.line): \(time) us, expected \(row.tier1) us")
    }
  }

  @Test("Every kernel is among the reference's rows")
  func coverage() throws {
    #expect(Set(try Reference.rows().map(\.family)) == Set(KernelFamily.allCases.map(\.rawValue)))
  }

  @Test("The parts bound the whole: a norm lies between its largest term and their sum")
  func parts() throws {
    let parameters = try Reference.parameters()
    for row in try Reference.rows() {
      let model = KernelModel(row.kernel, row.software, on: row.device)
      let values = try #require(parameters["\(row.fit)/\(row.family)"])
      let terms = try #require(model.terms(values))
      let largest = max(terms.throughput, terms.chain, row.kernel.phase == .decode ? terms.memory : .zero)
      let sum = terms.floor + terms.throughput + terms.chain + terms.memory
      // A tail of prefill comes on top, of at most a mean CTA.
      let tail = row.kernel.phase == .decode ? Seconds.zero : terms.chain
      #expect(terms.total.seconds >= (terms.floor + largest).seconds * (1 - 1e-12), "line \(row.line)")
      #expect(terms.total.seconds <= (sum + tail).seconds * (1 + 1e-12), "line \(row.line)")
    }
  }

  @Test("Parameters of the other phase give no time")
  func phases() throws {
    let parameters = try Reference.parameters()
    let row = try #require(try Reference.rows().first { $0.kernel.phase == .decode })
    let prefill = try #require(parameters["prefill/A100/VLLM/FA2"])
    #expect(KernelModel(row.kernel, row.software, on: row.device).terms(prefill) == nil)
  }

  @Test("Names and symbols of parameters are unique, and values are found by name")
  func names() throws {
    for phase in KernelPhase.allCases {
      let all = ModelParameter.all(of: phase)
      #expect(Set(all.map(\.name)).count == all.count)
      #expect(Set(all.map(\.symbol)).count == all.count)
      let centres = try #require(KernelParameters(phase: phase, values: all.map(\.centre)))
      for parameter in all {
        #expect(centres[parameter.name] == parameter.centre)
        #expect(parameter.spread > 0 && !parameter.meaning.isEmpty && !parameter.unit.isEmpty)
      }
      #expect(centres["no-such"] == nil)
      #expect(KernelParameters(phase: phase, values: all.dropFirst().map(\.centre)) == nil)
      #expect(KernelParameters(phase: phase, values: all.map { _ in 0 }) == nil)
      #expect(KernelParameters(phase: phase, values: all.map { _ in .infinity }) == nil)
    }
  }
}
