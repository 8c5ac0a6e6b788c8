import RealModule
import Workloads

/// Some tokens' keys and values, read where they lie.
struct KeyValueBlock<Scalar: Real & BinaryFloatingPoint> {
  let shape: AttentionShape
  let tokens: Int
  /// Batch × KV heads × tokens × key dim.
  let keys: ArraySlice<Scalar>
  /// Batch × KV heads × tokens × value dim; empty where values are a view of the keys.
  let values: ArraySlice<Scalar>

  /// Where the key of a token begins in ``keys``.
  @inline(__always)
  func key(row: Int, token: Int) -> Int { keys.startIndex + (row * tokens + token) * shape.keyDim }

  /// One element of the value of a token.
  @inline(__always)
  func value(row: Int, token: Int, _ element: Int) -> Scalar {
    shape.valuesShareKeys
      ? keys[key(row: row, token: token) + element]
      : values[values.startIndex + (row * tokens + token) * shape.valueDim + element]
  }
}
