import Quantities
import TestSupport
import Testing
import Workloads

@Suite("Decode workloads")
struct AttentionWorkloadTests {
  static func workload(_ shape: AttentionShape, batch: Int = 1, tokens: Int, type: DataType = .bf16)
    -> AttentionWorkload
  {
    AttentionWorkload(shape: shape, batch: batch, tokens: tokens, type: type)
  }

  static let block = AttentionShape(queryHeads: 16, kvHeads: 16, keyDim: 128)

  @Test("Shards sum to the tokens, differ by at most one, and never grow with the rank")
  func shards() {
    var generator = SeededGenerator(seed: 1)
    for _ in 0..<2_000 {
      let ranks = Int.random(in: 1...300, using: &generator)
      let tokens = Int.random(in: 0...(Bool.random(using: &generator) ? 1_000 : 10_000_000), using: &generator)
      let workload = Self.workload(Self.block, tokens: tokens)
      let shards = (0..<ranks).map { workload.shard(ofRank: $0, of: ranks) }
      #expect(shards.reduce(0, +) == tokens)
      #expect((shards.max() ?? 0) - (shards.min() ?? 0) <= 1)
      #expect(shards == shards.sorted(by: >))
    }
  }

  @Test("Bytes are the products of the shape, counted element by element")
  func bytes() {
    var generator = SeededGenerator(seed: 2)
    for _ in 0..<500 {
      let kvHeads = Int.random(in: 1...16, using: &generator)
      let queryHeads = kvHeads * Int.random(in: 1...8, using: &generator)
      let keyDim = Int.random(in: 1...256, using: &generator)
      let valueDim = Int.random(in: 1...256, using: &generator)
      let batch = Int.random(in: 1...64, using: &generator)
      let tokens = Int.random(in: 0...100_000, using: &generator)
      let type = DataType.allCases[Int.random(in: 0..<4, using: &generator)]
      let shape = AttentionShape(queryHeads: queryHeads, kvHeads: kvHeads, keyDim: keyDim, valueDim: valueDim)
      let workload = AttentionWorkload(shape: shape, batch: batch, tokens: tokens, type: type, partialType: .fp32)
      let keys = batch * tokens * kvHeads * keyDim * type.size
      let values = batch * tokens * kvHeads * valueDim * type.size
      #expect(workload.keyBytes(tokens: tokens).count == Int64(keys))
      #expect(workload.valueBytes(tokens: tokens).count == Int64(values))
      #expect(workload.cacheBytes(tokens: tokens).count == Int64(keys + values))
      #expect(workload.queryBytes.count == Int64(batch * queryHeads * keyDim * type.size))
      #expect(workload.outputBytes.count == Int64(batch * queryHeads * valueDim * type.size))
      #expect(workload.numeratorBytes.count == Int64(batch * queryHeads * valueDim * 4))
      #expect(workload.scalarBytes.count == Int64(batch * queryHeads * 4))
      let multiplyAdds = batch * tokens * queryHeads * (keyDim + valueDim)
      #expect(workload.attendFLOPs(queries: workload.queries, keys: workload.keys).count == 2 * Double(multiplyAdds))
      // The shards' caches are the whole cache.
      let ranks = Int.random(in: 1...16, using: &generator)
      let parts = (0..<ranks).map { workload.cacheBytes(tokens: workload.shard(ofRank: $0, of: ranks)) }
      #expect(parts.reduce(Bytes.zero, +) == workload.cacheBytes(tokens: tokens))
    }
  }

  @Test("The paper's block: 5.12M tokens of 16 heads of 128 in bf16 are 41.9 GB")
  func paperBlock() {
    let workload = Self.workload(Self.block, tokens: 5_120_000)
    #expect(workload.cacheBytes(tokens: 5_120_000) == Bytes(5_120_000 * 2 * 2048 * 2))
    #expect(workload.outputBytes == Bytes(4096))
    #expect(workload.partialType == .bf16)
  }

  @Test("Latent attention keeps one vector a token; expanding it stores values of their own")
  func latent() {
    let shape = AttentionShape.latent(queryHeads: 128, latentDim: 512, rotaryDim: 64)
    #expect(shape.cacheElementsPerToken == 576)
    #expect(shape.queryElements == 128 * 576)
    #expect(shape.outputElements == 128 * 512)
    #expect(Self.workload(shape, tokens: 10).valueBytes(tokens: 10) == .zero)
    #expect(shape.expanded.cacheElementsPerToken == 128 * (576 + 512))
    #expect(Self.block.expanded == Self.block)
  }

  @Test("Absurd sizes stop at the end of the type instead of trapping")
  func absurd() {
    let shape = AttentionShape(queryHeads: 65_536, kvHeads: 65_536, keyDim: 65_536)
    let workload = AttentionWorkload(shape: shape, batch: .max, tokens: .max, type: .fp32)
    for bytes in [
      workload.keyBytes(tokens: .max), workload.valueBytes(tokens: .max), workload.cacheBytes(tokens: .max),
      workload.queryBytes, workload.outputBytes, workload.numeratorBytes, workload.scalarBytes,
    ] {
      #expect(bytes.count == .max)
    }
    #expect(workload.attendFLOPs(queries: workload.keys, keys: workload.keys).count.isFinite)
    #expect(workload.shard(ofRank: 0, of: 2) == .max / 2 + 1)
  }
}
