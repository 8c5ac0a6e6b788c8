import Quantities

/// Times of attention kernels, in microseconds.
struct AttentionKernelSchema: TableSchema {
  static let format = MeasurementFormat.attentionKernels
  static let headers = [
    [
      "gpu", "software", "dtype", "batch", "query_heads", "kv_heads", "head_dim", "window", "query_tokens",
      "context_tokens", "time_us",
    ]
  ]

  init(header: [String]) {}

  func read(_ row: TableRow) throws(RowProblem) -> (says: [Measurement], identity: AnyHashable) {
    let kernel = KernelTime(
      line: row.line, gpu: try row.required("gpu"), software: try row.required("software"),
      dtype: try row.required("dtype"), batch: try row.integer("batch", in: 1...1 << 24),
      queryHeads: try row.integer("query_heads", in: 1...65_536),
      kvHeads: try row.integer("kv_heads", in: 1...65_536), headDim: try row.integer("head_dim", in: 1...65_536),
      window: try row.integer("window", in: 0...1 << 30),
      queryTokens: try row.integer("query_tokens", in: 1...1 << 30),
      contextTokens: try row.integer("context_tokens", in: 1...1 << 30),
      time: try row.time("time_us", in: KernelTime.microseconds), unverified: row.unverified)
    try kernel.check()
    return ([.kernel(kernel)], kernel.identity)
  }
}
