import Programs
import Quantities
import Workloads

/// The layout of a block of KV cache in a buffer: the keys of all its tokens, then their values.
///
/// One buffer holds both, so that a hop of the ring is one message. Where values are a view of the keys (MLA) the
/// value slice is empty.
struct CacheShard {
  let workload: AttentionWorkload

  /// The elements of so many tokens.
  func elements(tokens: Int) -> Int {
    workload.batch * tokens * workload.shape.cacheElementsPerToken
  }

  /// The whole block as it lies in a buffer from an element on.
  func whole(_ buffer: BufferID, tokens: Int, at offset: Int64 = 0) -> Slice {
    Slice(buffer, offset: offset, count: Int64(elements(tokens: tokens)))
  }

  /// Its keys and its values as two slices.
  func keysAndValues(_ buffer: BufferID, tokens: Int, at offset: Int64 = 0) -> [Slice] {
    let keys = Int64(workload.batch * tokens * workload.shape.keyElementsPerToken)
    let values = Int64(workload.batch * tokens * workload.shape.valueElementsPerToken)
    return [Slice(buffer, offset: offset, count: keys), Slice(buffer, offset: offset + keys, count: values)]
  }
}
