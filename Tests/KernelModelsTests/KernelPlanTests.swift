import KernelModels
import Quantities
import TestSupport
import Testing

@Suite("The layout of attention kernels")
struct KernelPlanTests {
  static func kernel(
    _ phase: KernelPhase, batch: Int = 1, heads: Int, kvHeads: Int, headDim: Int = 128, window: Int? = nil,
    tokens: Int
  ) throws -> AttentionKernel {
    try AttentionKernel(
      phase: phase, batch: batch, queryHeads: heads, kvHeads: kvHeads, headDim: headDim, window: window,
      queryTokens: phase == .decode ? 1 : tokens, contextTokens: tokens)
  }

  @Test("Tiles of a prefill are those that hold a query and a key that it sees, counted one by one")
  func tiles() throws {
    var generator = SeededGenerator(seed: 1)
    for _ in 0..<60 {
      let kvHeads = Int.random(in: 1...3, using: &generator)
      let group = Int.random(in: 1...5, using: &generator)
      let tokens = Int.random(in: 1...300, using: &generator)
      let window = Bool.random(using: &generator) ? Int.random(in: 1...350, using: &generator) : nil
      let headDim = [64, 128, 192, 256, 512].randomElement(using: &generator) ?? 64
      let kernel = try Self.kernel(
        .prefill, heads: kvHeads * group, kvHeads: kvHeads, headDim: headDim, window: window, tokens: tokens)
      for device in KernelDevice.measured {
        for software in KernelSoftware.allCases {
          let plan = PrefillPlan(kernel, software, on: device)
          let packs = plan.family == .fa3
          let heads = packs ? kvHeads : kvHeads * group
          let pack = packs ? group : 1
          var tiles: Set<[Int]> = []
          for row in 0..<(tokens * pack) {
            let query = row / pack
            for key in max(0, query - (window ?? tokens) + 1)...query {
              tiles.insert([row / plan.tileRows, key / plan.tileColumns])
            }
          }
          #expect(plan.tiles == tiles.count * heads)
          let longest = Dictionary(grouping: tiles) { $0[0] }.values.map(\.count).max() ?? 0
          #expect(plan.longestTiles == (longest + plan.splits - 1) / plan.splits)
        }
      }
    }
  }

  @Test("Decode plans cover the visible tokens, and no split is without work")
  func decode() throws {
    var generator = SeededGenerator(seed: 2)
    for _ in 0..<2_000 {
      let kvHeads = Int.random(in: 1...16, using: &generator)
      let tokens = Int.random(in: 1...200_000, using: &generator)
      let window = Bool.random(using: &generator) ? Int.random(in: 1...10_000, using: &generator) : nil
      let kernel = try Self.kernel(
        .decode, batch: Int.random(in: 1...600, using: &generator),
        heads: kvHeads * Int.random(in: 1...100, using: &generator), kvHeads: kvHeads,
        headDim: [64, 128, 192, 256, 512].randomElement(using: &generator) ?? 64, window: window, tokens: tokens)
      for device in KernelDevice.measured {
        for software in KernelSoftware.allCases {
          let plan = DecodePlan(kernel, software, on: device)
          #expect(plan.splits >= 1 && plan.ctas >= 1 && plan.idleCTAs >= 0)
          #expect(plan.blocks * plan.blockTokens >= kernel.visibleTokens)
          #expect((plan.blocks - 1) * plan.blockTokens < kernel.visibleTokens)
          switch plan.family {
          case .fa2, .fa3, .tri: #expect(plan.splits <= plan.blocks)
          case .xqa: #expect(plan.splits <= max(1, tokens / 128))
          case .mmha: #expect(plan.splits <= max(1, kernel.visibleTokens / 256))
          case .fm2, .fm3: Issue.record("\(plan.family) is no decode kernel")
          }
          #expect(plan.idleCTAs == 0 || (plan.family == .xqa && kernel.isWindowed))
        }
      }
    }
  }

  @Test("The choice of kernels follows the software, the device and the shape")
  func families() throws {
    let grouped = try Self.kernel(.decode, batch: 64, heads: 32, kvHeads: 8, tokens: 4096)
    let single = try Self.kernel(.decode, batch: 64, heads: 8, kvHeads: 8, tokens: 4096)
    let wide = try Self.kernel(.decode, batch: 64, heads: 33, kvHeads: 1, tokens: 4096)
    let little = try Self.kernel(.decode, heads: 8, kvHeads: 1, tokens: 255)
    let large = try Self.kernel(.prefill, heads: 8, kvHeads: 1, headDim: 512, tokens: 255)
    #expect(KernelFamily.choose(grouped, .trtllm, on: .a100) == .xqa)
    #expect(KernelFamily.choose(single, .trtllm, on: .a100) == .mmha)
    #expect(KernelFamily.choose(wide, .trtllm, on: .a100) == .mmha)
    #expect(KernelFamily.choose(little, .trtllm, on: .a100) == .mmha)
    #expect(KernelFamily.choose(grouped, .vllm, on: .a100) == .fa2)
    #expect(KernelFamily.choose(grouped, .vllm, on: .h100) == .fa3)
    #expect(KernelFamily.choose(large, .vllm, on: .h100) == .tri)
    #expect(KernelFamily.choose(large, .trtllm, on: .h100) == .fm3)
    #expect(KernelFamily.choose(large, .trtllm, on: .a100) == .fm2)
  }

  @Test(
    "A shape that is none is refused by the field that is wrong",
    arguments: [
      ("batch", 0, 8, 8, 128, 16), ("query heads", 1, 0, 1, 128, 16), ("KV heads", 1, 8, 3, 128, 16),
      ("head dim", 1, 8, 8, 0, 16), ("head dim", 1, 8, 8, 1024, 16), ("context tokens", 1, 8, 8, 128, 0),
      ("batch x query heads x context tokens", 1 << 20, 64, 8, 128, 1 << 20),
      ("batch x query heads x context tokens", 1 << 24, 1 << 16, 1 << 16, 128, 1 << 24),
    ])
  func refused(field: String, batch: Int, heads: Int, kvHeads: Int, headDim: Int, tokens: Int) {
    let error = #expect(throws: KernelModelError.self) {
      try Self.kernel(.decode, batch: batch, heads: heads, kvHeads: kvHeads, headDim: headDim, tokens: tokens)
    }
    guard case .shape(let found, _, _) = error else { return }
    #expect(found == field)
  }

  @Test("Prefill after a cached prefix, and decode of several tokens, are refused")
  func otherSteps() {
    for (phase, queries) in [(KernelPhase.decode, 2), (.prefill, 8)] {
      let error = #expect(throws: KernelModelError.self) {
        try AttentionKernel(
          phase: phase, batch: 1, queryHeads: 8, kvHeads: 8, headDim: 128, queryTokens: queries, contextTokens: 16)
      }
      guard case .shape(let field, _, _) = error else { return }
      #expect(field == "query tokens")
    }
  }

  @Test("The largest shapes that are taken give finite times", arguments: KernelPhase.allCases)
  func largest(phase: KernelPhase) throws {
    let centres = try #require(
      KernelParameters(phase: phase, values: ModelParameter.all(of: phase).map(\.centre)))
    for (batch, heads, tokens) in [(1 << 24, 1 << 16, 1), (1, 1 << 16, 1 << 12), (1 << 16, 1, 1 << 24)] {
      let kernel = try Self.kernel(
        phase, batch: batch, heads: heads, kvHeads: heads, headDim: 1023, tokens: tokens)
      for software in KernelSoftware.allCases {
        let time = try #require(KernelModel(kernel, software, on: .h100).terms(centres)).total
        #expect(time.seconds > 0 && time.seconds.isFinite)
      }
    }
  }

  @Test("Figures of a device out of their range are refused")
  func devices() {
    #expect(throws: KernelModelError.self) {
      try KernelDevice(
        name: "x", multiprocessors: 0, gigahertz: 1.4, memoryBandwidth: BytesPerSecond(1e12), cache: Bytes(1_000_000),
        capability: 80, flopsPerCycle: 2048)
    }
    #expect(throws: KernelModelError.self) {
      try KernelDevice(
        name: "x", multiprocessors: 8, gigahertz: .nan, memoryBandwidth: BytesPerSecond(1e12), cache: Bytes(1_000_000),
        capability: 80, flopsPerCycle: 2048)
    }
  }
}
