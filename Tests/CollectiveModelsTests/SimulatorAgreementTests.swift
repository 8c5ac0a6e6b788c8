import CollectiveModels
import Collectives
import Quantities
import Testing

/// The simulator's collectives and the calibrated model under one link bandwidth.
@Suite("Agreement with the simulator's collectives")
struct SimulatorAgreementTests {
  /// A network whose links are all that takes time, at what NCCL counts for the machine.
  private static func network(_ machine: CollectiveMachine) -> AlphaBeta {
    AlphaBeta(
      launch: .zero, overhead: .zero, latency: .zero, bandwidth: machine.width,
      reductionRate: BytesPerSecond(1e30))
  }

  @Test("A ring moves the bytes that NCCL's tuner counts, in the same time on the links", arguments: [2, 3, 4, 8])
  func ring(gpus: Int) throws {
    for (gpu, links) in [("A100", "NVLink3"), ("H100", "NVLink4"), ("MI300X", "xGMI"), ("RTX 4090", "PCIe4")] {
      let machine = try CollectiveMachine(gpu: gpu, interconnect: links, gpus: gpus, nodes: 1)
      let units = 1 << 20
      let payload = Payload(units: units * gpus, type: .fp32)
      let allReduce = AllReduce(group: Array(0..<gpus), payload: payload, reduction: .sum)
      let onLinks = allReduce.time(.ring, on: Self.network(machine)).bandwidth
      // NCCL's estimate is a latency and the bytes over a bandwidth: the difference of two sizes has the bytes alone.
      func estimate(_ bytes: Bytes) throws -> Double {
        let call = CollectiveCall(collective: .allReduce, bytes: bytes)
        return try #require(
          machine.choices(for: call).first { $0.algorithm == .ring && $0.form == .simple }
        ).estimate.seconds
      }
      let slope = try estimate(payload.bytes * 2) - estimate(payload.bytes)
      #expect(abs(slope / onLinks.seconds - 1) < 1e-9, "\(gpu): \(slope) against \(onLinks)")
      let sent = allReduce.traffic(of: 0, .ring).bytes
      #expect(sent.count == payload.bytes.count * Int64(2 * (gpus - 1)) / Int64(gpus))
    }
  }

  @Test(
    "The calibrated ring of large messages is within a tenth of that time, above it for its copies and below never far")
  func calibrated() throws {
    let profile = try Shipped.profile()
    for (gpu, gpus, range) in [("A100", 2, 1.0...1.35), ("A100", 8, 1.0...1.15), ("H100", 4, 0.95...1.1)] {
      let machine = try CollectiveMachine(gpu: gpu, interconnect: "NVSwitch", gpus: gpus, nodes: 1)
      let payload = Payload(units: 1 << 29, type: .bf16)
      let prediction = try profile.predict(
        CollectiveCall(collective: .allReduce, bytes: payload.bytes), on: machine, algorithm: .ring, form: .simple)
      let allReduce = AllReduce(group: Array(0..<gpus), payload: payload, reduction: .sum)
      let ratio = prediction.time.seconds / allReduce.time(.ring, on: Self.network(machine)).total.seconds
      #expect(range.contains(ratio), "\(gpus) x \(gpu): \(ratio)")
    }
  }
}
