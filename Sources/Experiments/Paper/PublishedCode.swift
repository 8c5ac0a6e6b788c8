import Attention
import Programs
import Quantities
import Workloads

/// The step of one layer as the published code does it: K and V repeated to every query head in both algorithms, partial
/// results in fp32, three all-reduces, and a ring that passes a shard on only after it has attended to it.
enum PublishedCode {
  /// The step of one sequence.
  ///
  /// - Parameters:
  ///   - shape: The model's attention.
  ///   - tokens: The tokens of the sequence.
  ///   - expanded: Whether K and V are repeated to every query head.
  static func workload(_ shape: AttentionShape, tokens: Int, expanded: Bool = true) -> AttentionWorkload {
    AttentionWorkload(
      shape: expanded ? shape.expanded : shape, batch: 1, tokens: tokens, type: .bf16, partialType: .fp32)
  }

  /// The options of the algorithms.
  static let options = StepOptions(fusion: .three, hops: .fewest, overlapsTransfer: false)

  /// A cluster on which a ring gets an overhead for each hop and a bandwidth for its bytes, instead of what its links
  /// have.
  ///
  /// - Parameters:
  ///   - topology: The cluster.
  ///   - overhead: The overhead of a hop, on top of kernel launches.
  ///   - bandwidth: The bandwidth of its bytes.
  ///   - overheadLinks: The link classes whose messages get the overhead.
  ///   - bandwidthLinks: The link classes that get the bandwidth.
  static func ring(
    on topology: ResolvedTopology, overhead: Seconds, bandwidth: BytesPerSecond, overheadLinks: [String],
    bandwidthLinks: [String]
  ) throws -> ResolvedTopology {
    let overheads = overheadLinks.map { "links.\($0).message-overhead=\(overhead.seconds) s" }
    let bandwidths = bandwidthLinks.flatMap {
      ["links.\($0).bandwidth=\(bandwidth.bytesPerSecond) B/s", "links.\($0).efficiency=1"]
    }
    return try topology.applying(try (overheads + bandwidths).map { try Override(parsing: $0) })
  }
}
