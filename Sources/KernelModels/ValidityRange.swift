/// The shapes that a kernel was measured at: what lies outside is extrapolated.
public struct ValidityRange: Hashable, Sendable {
  /// The least and the most sequences.
  public var batch: ClosedRange<Int>
  /// The least and the most query heads.
  public var queryHeads: ClosedRange<Int>
  /// The least and the most KV heads.
  public var kvHeads: ClosedRange<Int>
  /// The least and the most tokens of the context.
  public var contextTokens: ClosedRange<Int>
  /// The head dims.
  public var headDims: Set<Int>
  /// The windows; 0 for none.
  public var windows: Set<Int>
  /// The bytes of an element of K and V.
  public var elementBytes: Set<Int>

  /// The range of one kernel.
  public init(_ kernel: AttentionKernel) {
    batch = kernel.batch...kernel.batch
    queryHeads = kernel.queryHeads...kernel.queryHeads
    kvHeads = kernel.kvHeads...kernel.kvHeads
    contextTokens = kernel.contextTokens...kernel.contextTokens
    headDims = [kernel.headDim]
    windows = [kernel.window ?? 0]
    elementBytes = [kernel.elementBytes]
  }

  /// Creates a range from its parts.
  public init(
    batch: ClosedRange<Int>, queryHeads: ClosedRange<Int>, kvHeads: ClosedRange<Int>, contextTokens: ClosedRange<Int>,
    headDims: Set<Int>, windows: Set<Int>, elementBytes: Set<Int>
  ) {
    self.batch = batch
    self.queryHeads = queryHeads
    self.kvHeads = kvHeads
    self.contextTokens = contextTokens
    self.headDims = headDims
    self.windows = windows
    self.elementBytes = elementBytes
  }

  /// Takes a kernel in.
  public mutating func insert(_ kernel: AttentionKernel) {
    func widen(_ range: inout ClosedRange<Int>, _ value: Int) {
      range = min(range.lowerBound, value)...max(range.upperBound, value)
    }
    widen(&batch, kernel.batch)
    widen(&queryHeads, kernel.queryHeads)
    widen(&kvHeads, kernel.kvHeads)
    widen(&contextTokens, kernel.contextTokens)
    headDims.insert(kernel.headDim)
    windows.insert(kernel.window ?? 0)
    elementBytes.insert(kernel.elementBytes)
  }

  /// What of a kernel lies outside, each as a phrase such as `batch 4096 (measured: 1 to 1024)`; empty when nothing does.
  public func outside(_ kernel: AttentionKernel) -> [String] {
    var reasons: [String] = []
    func check(_ name: String, _ value: Int, _ range: ClosedRange<Int>) {
      guard !range.contains(value) else { return }
      reasons.append("\(name) \(value) (measured: \(range.lowerBound) to \(range.upperBound))")
    }
    func check(_ name: String, _ value: Int, _ values: Set<Int>) {
      guard !values.contains(value) else { return }
      let list = values.sorted().map { $0 == 0 ? "none" : "\($0)" }.joined(separator: ", ")
      reasons.append("\(name) \(value == 0 ? "none" : "\(value)") (measured: \(list))")
    }
    check("batch", kernel.batch, batch)
    check("query heads", kernel.queryHeads, queryHeads)
    check("KV heads", kernel.kvHeads, kvHeads)
    check("context tokens", kernel.contextTokens, contextTokens)
    check("head dim", kernel.headDim, headDims)
    check("window", kernel.window ?? 0, windows)
    check("element bytes", kernel.elementBytes, elementBytes)
    return reasons
  }
}
