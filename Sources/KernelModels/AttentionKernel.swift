import Quantities

/// The shape of one attention kernel on one device: everything its time depends on beside the device.
public struct AttentionKernel: Hashable, Sendable {
  /// Decode, or causal prefill.
  public let phase: KernelPhase
  /// The sequences.
  public let batch: Int
  /// The query heads.
  public let queryHeads: Int
  /// The KV heads, which divide ``queryHeads``.
  public let kvHeads: Int
  /// The elements of a query, a key and a value of one head.
  public let headDim: Int
  /// The last tokens that a query sees; nil for all of them.
  public let window: Int?
  /// The query tokens of a sequence: 1 in decode, the context in prefill.
  public let queryTokens: Int
  /// The tokens of a sequence that are attended to.
  public let contextTokens: Int
  /// The bytes of an element of K and V as they lie in memory.
  public let elementBytes: Int

  /// The most tokens and sequences.
  static let most = 1 << 24
  /// The most tokens over all query heads and sequences, with which every count of the model stays below 2^53.
  static let mostTokens = 1 << 40

  /// Creates a shape.
  ///
  /// - Parameters:
  ///   - phase: Decode, or causal prefill.
  ///   - batch: The sequences.
  ///   - queryHeads: The query heads.
  ///   - kvHeads: The KV heads, which divide `queryHeads`.
  ///   - headDim: The elements of a query, a key and a value of one head, 1 to 1023.
  ///   - window: The last tokens that a query sees; nil for all of them.
  ///   - queryTokens: The query tokens of a sequence: 1 in decode, the context in prefill.
  ///   - contextTokens: The tokens of a sequence that are attended to.
  ///   - elementBytes: The bytes of an element of K and V: 1 or 2.
  /// - Throws: ``KernelModelError/shape(field:found:expected:)`` for a shape that is none, or that no formula covers.
  public init(
    phase: KernelPhase, batch: Int, queryHeads: Int, kvHeads: Int, headDim: Int, window: Int? = nil, queryTokens: Int,
    contextTokens: Int, elementBytes: Int = 2
  ) throws(KernelModelError) {
    func check(_ field: String, _ value: Int, _ range: ClosedRange<Int>) throws(KernelModelError) {
      guard range.contains(value) else {
        throw .shape(
          field: field, found: "\(value)",
          expected: "a whole number from \(range.lowerBound) to \(range.upperBound)")
      }
    }
    try check("batch", batch, 1...Self.most)
    try check("query heads", queryHeads, 1...65_536)
    try check("KV heads", kvHeads, 1...65_536)
    guard queryHeads % kvHeads == 0 else {
      throw .shape(field: "KV heads", found: "\(kvHeads)", expected: "a divisor of the \(queryHeads) query heads")
    }
    try check("head dim", headDim, 1...1023)
    if let window { try check("window", window, 1...Self.most) }
    try check("context tokens", contextTokens, 1...Self.most)
    switch phase {
    case .decode:
      guard queryTokens == 1 else {
        throw .shape(field: "query tokens", found: "\(queryTokens)", expected: "1, as the kernel is a decode step")
      }
    case .prefill:
      guard queryTokens == contextTokens else {
        throw .shape(
          field: "query tokens", found: "\(queryTokens)",
          expected: "the \(contextTokens) context tokens: no prefill after a cached prefix was measured")
      }
    }
    try check("element bytes", elementBytes, 1...2)
    let (heads, tooMany) = (batch * queryHeads).multipliedReportingOverflow(by: contextTokens)
    guard !tooMany, heads <= Self.mostTokens, contextTokens * (queryHeads / kvHeads) <= 1 << 28 else {
      throw .shape(
        field: "batch x query heads x context tokens", found: "\(batch) x \(queryHeads) x \(contextTokens)",
        expected: "a product of at most 2^40, and at most 2^28 for a group of query heads")
    }
    self.phase = phase
    self.batch = batch
    self.queryHeads = queryHeads
    self.kvHeads = kvHeads
    self.headDim = headDim
    self.window = window
    self.queryTokens = queryTokens
    self.contextTokens = contextTokens
    self.elementBytes = elementBytes
  }

  /// The query heads that share a KV head.
  public var groupSize: Int { queryHeads / kvHeads }

  /// Whether the window hides a part of the context.
  public var isWindowed: Bool { window.map { contextTokens > $0 } ?? false }

  /// The tokens that a decode step reads: the context, or what the window shows of it.
  public var visibleTokens: Int { min(contextTokens, window ?? contextTokens) }

  /// The bytes of K and V that a decode step reads, each KV head once.
  public var cacheBytes: Bytes {
    Bytes(2 * Int64(batch) * Int64(kvHeads) * Int64(visibleTokens) * Int64(headDim) * Int64(elementBytes))
  }

  /// The same shape with elements of another size.
  func withElementBytes(_ bytes: Int) throws(KernelModelError) -> AttentionKernel {
    try AttentionKernel(
      phase: phase, batch: batch, queryHeads: queryHeads, kvHeads: kvHeads, headDim: headDim, window: window,
      queryTokens: queryTokens, contextTokens: contextTokens, elementBytes: bytes)
  }
}
