import CollectiveModels
import Configuration
import Quantities
import Testing

@Suite("Predicted collectives")
struct PredictionTests {
  /// A machine without measurements, and times at 1 KiB, 128 KiB, 1 MiB, 16 MiB and 1 GiB in microseconds by an independent
  /// implementation of model and fit.
  struct Case: Sendable {
    let machine: (gpu: String, links: String, gpus: Int, nodes: Int)
    let kind: CollectiveKind
    let times: [Double]

    init(_ machine: (String, String, Int, Int), _ kind: CollectiveKind, _ times: [Double]) {
      self.machine = machine
      self.kind = kind
      self.times = times
    }
  }

  private static let a100 = ("A100 SXM", "NVSwitch NVLink3", 8, 1)
  private static let h100 = ("H100 SXM", "NVSwitch NVLink4", 8, 1)
  private static let b200 = ("B200", "NVSwitch NVLink5", 8, 1)
  private static let mi300x = ("MI300X", "xGMI full mesh", 4, 1)
  private static let ndr2 = ("H100 SXM", "InfiniBand 8x400Gb NDR", 16, 2)
  private static let ndr4 = ("H100 SXM", "InfiniBand 8x400Gb NDR", 32, 4)
  private static let hdr8 = ("A100", "InfiniBand 8x200Gb HDR", 64, 8)
  private static let efa = ("H100 p5", "EFA 32x100Gb", 16, 2)
  private static let geforce = ("RTX 4090", "PCIe4 x16, no P2P", 2, 1)

  static let cases = [
    Case(a100, .allReduce, [22.1, 26.8, 40.8, 215.1, 8615.5]),
    Case(a100, .allGather, [15.0, 18.8, 26.2, 137.7, 4533.6]),
    Case(a100, .allToAll, [15.4, 18.2, 23.9, 107.7, 4858.2]),
    Case(h100, .allReduce, [16.9, 19.0, 27.5, 104.6, 3990.5]),
    Case(h100, .allGather, [10.8, 12.2, 16.7, 68.8, 2737.0]),
    Case(h100, .allToAll, [8.5, 11.9, 17.6, 61.4, 2806.8]),
    Case(b200, .allReduce, [18.1, 20.1, 25.3, 76.1, 2307.9]),
    Case(b200, .allToAll, [11.7, 14.2, 18.0, 48.6, 1524.0]),
    Case(mi300x, .allReduce, [10.0, 13.0, 29.2, 222.9, 12561.7]),
    Case(mi300x, .allToAll, [9.0, 13.6, 20.8, 130.8, 6798.9]),
    Case(ndr2, .allReduce, [36.0, 64.0, 115.3, 189.4, 4552.5]),
    Case(ndr2, .allGather, [27.6, 35.8, 59.9, 106.5, 2951.0]),
    Case(ndr2, .allToAll, [37.2, 40.0, 56.7, 259.7, 13824.3]),
    Case(ndr4, .allReduce, [54.9, 103.5, 194.0, 291.6, 6084.1]),
    Case(ndr4, .allGather, [55.8, 74.6, 106.6, 164.0, 3196.4]),
    Case(hdr8, .allReduce, [79.1, 156.5, 287.5, 470.4, 12909.6]),
    Case(hdr8, .allToAll, [82.5, 88.0, 127.8, 776.4, 44177.6]),
    Case(efa, .allReduce, [41.3, 99.6, 142.0, 195.8, 4558.9]),
    Case(efa, .allGather, [29.1, 42.4, 66.5, 115.9, 3644.8]),
    Case(geforce, .allReduce, [11.6, 36.4, 153.8, 2100.5, 132916.7]),
    Case(geforce, .allGather, [9.8, 25.6, 97.7, 1285.2, 81085.7]),
  ]

  @Test(
    "The profile that ships says what an independent implementation says where nothing was measured", arguments: cases)
  func golden(test: Case) throws {
    let profile = try Shipped.profile()
    let (gpu, links, gpus, nodes) = test.machine
    let machine = try CollectiveMachine(gpu: gpu, interconnect: links, gpus: gpus, nodes: nodes)
    for (octave, expected) in zip([10, 17, 20, 24, 30], test.times) {
      let prediction = try profile.predict(call(test.kind, octave: octave), on: machine)
      let found = prediction.time.seconds * 1e6
      // The table has one decimal.
      #expect(abs(found - expected) <= 0.06 + 2e-4 * expected, "2^\(octave): \(found), expected \(expected)")
      #expect(prediction.tier == 1 && prediction.isExtrapolated)
      #expect(prediction.low < prediction.time && prediction.time < prediction.high)
    }
  }

  @Test("Measured machines have tier 2 and the narrowest interval; what was not measured says so and has a wider one")
  func knowledge() throws {
    let profile = try Shipped.profile()
    func predict(_ gpu: String, _ links: String, _ gpus: Int, _ nodes: Int, _ kind: CollectiveKind, _ octave: Int)
      throws -> CollectivePrediction
    {
      try profile.predict(
        call(kind, octave: octave),
        on: CollectiveMachine(gpu: gpu, interconnect: links, gpus: gpus, nodes: nodes))
    }
    func width(_ prediction: CollectivePrediction) -> Double { prediction.high.seconds / prediction.low.seconds }
    let measured = try predict("H100", "NVSwitch NVLink4", 4, 1, .allReduce, 20)
    #expect(measured.tier == 2 && measured.extrapolations == [] && measured.cell == .calibratedLL)
    #expect(measured.source == "NVIDIA H100 80GB HBM3, NCCL 2.29.2")
    let between = try predict("H100", "NVSwitch NVLink4", 3, 1, .allReduce, 20)
    #expect(between.tier == 2 && between.cell == .otherRanks && between.extrapolations == ["3 GPUs (measured: 2, 4)"])
    let eight = try predict("H100", "NVSwitch NVLink4", 8, 1, .allReduce, 20)
    #expect(eight.tier == 1 && eight.cell == .otherRanks)
    let large = try predict("H100", "NVSwitch NVLink4", 4, 1, .allReduce, 31)
    #expect(large.cell == .otherLog && large.extrapolations.first?.contains("measured up to 536.9 MB") == true)
    let switched = try predict("H100", "NVSwitch NVLink4", 8, 1, .allReduce, 30)
    #expect(switched.choice.algorithm == .nvls && switched.cell == .otherCluster)
    #expect(switched.extrapolations.contains("NVLS was not measured in a node"))
    let nodes = try predict("A100", "InfiniBand 8x200Gb HDR", 64, 8, .allReduce, 20)
    #expect(nodes.cell == .otherCluster && nodes.extrapolations.first == "8 nodes (measured: 2)")
    let unseen = try predict("B200", "NVSwitch NVLink5", 4, 1, .allReduce, 20)
    #expect(unseen.cell == .otherCluster && unseen.extrapolations == ["nothing was measured on nvl5"])
    #expect(width(measured) < width(eight) && width(eight) < width(large) && width(large) < width(unseen))
    let guessed = try predict("H100", "InfiniBand", 16, 2, .allReduce, 20)
    #expect(guessed.extrapolations.contains("taken for granted: 400 Gb/s a NIC"))
  }

  @Test("A forced algorithm has its own time, and one that is not there is refused")
  func forced() throws {
    let profile = try Shipped.profile()
    let machine = try CollectiveMachine(gpu: "A100", interconnect: "NVSwitch", gpus: 4, nodes: 1)
    let small = call(.allReduce, octave: 12)
    let own = try profile.predict(small, on: machine)
    let simple = try profile.predict(small, on: machine, algorithm: .ring, form: .simple)
    #expect(own.choice.title == "Ring LL" && own.isNCCLsChoice && simple.time > own.time && !simple.isNCCLsChoice)
    #expect(simple.tier == 1 && simple.extrapolations.first == "Ring Simple is not what NCCL chooses here")
    let same = try profile.predict(small, on: machine, algorithm: .ring, form: .ll)
    #expect(same == own)
    #expect(throws: CollectiveModelError.self) { try profile.predict(small, on: machine, algorithm: .nvls) }
    let tree = try profile.predict(small, on: machine, algorithm: .tree)
    #expect(tree.choice.algorithm == .tree)
  }

  @Test("Times grow with sizes and ranks, and a call of one byte has a time")
  func growth() throws {
    let profile = try Shipped.profile()
    for kind in CollectiveKind.allCases {
      var last = Seconds.zero
      for gpus in [2, 3, 4, 5, 6, 7] {
        let machine = try CollectiveMachine(gpu: "MI325X", interconnect: "xGMI", gpus: gpus, nodes: 1)
        #expect(try profile.predict(call(kind, octave: 0), on: machine).time > .zero)
      }
      let machine = try CollectiveMachine(gpu: "V100", interconnect: "NVLink2", gpus: 8, nodes: 1)
      for octave in stride(from: 24, through: 36, by: 1) {
        let time = try profile.predict(call(kind, octave: octave), on: machine).time
        #expect(time > last)
        last = time
      }
    }
  }

  @Test("Custom all-reduces count bytes and barriers, and need the peers' memory")
  func custom() throws {
    let machine = try CollectiveMachine(gpu: "H100", interconnect: "NVSwitch", gpus: 8, nodes: 1)
    let small = Bytes(8192)
    let one = try #require(CustomAllReduce.oneShot.time(small, on: machine))
    let two = try #require(CustomAllReduce.twoShot.time(small, on: machine))
    // 3 us, two barriers of 1 + 2 x 0.6 us, 7 x 8 KiB at 288 GB/s.
    #expect(abs(one.seconds - (3e-6 + 2 * 2.2e-6 + 7 * 8192 / 288e9)) < 1e-12)
    #expect(two > one)
    let large = Bytes(4 << 20)
    let times = CustomAllReduce.allCases.compactMap { $0.time(large, on: machine) }
    #expect(times.count == 2 && times[0] > times[1])
    #expect(CustomAllReduce.choice(small, on: machine) == .oneShot)
    #expect(CustomAllReduce.choice(large, on: machine) == .twoShot)
    let geforce = try CollectiveMachine(gpu: "RTX 4090", interconnect: "", gpus: 2, nodes: 1)
    #expect(CustomAllReduce.oneShot.time(small, on: geforce) == nil)
    let nodes = try CollectiveMachine(gpu: "H100", interconnect: "InfiniBand NDR", gpus: 16, nodes: 2)
    #expect(CustomAllReduce.twoShot.time(small, on: nodes) == nil)
  }
}
