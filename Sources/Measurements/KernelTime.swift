import Quantities

/// The time that an attention kernel took.
public struct KernelTime: Hashable, Sendable {
  /// The line of its file.
  public var line: Int
  /// The GPU, as the file names it.
  public var gpu: String
  /// The software with its version, as the file names it.
  public var software: String
  /// The type of the elements, as the file names it.
  public var dtype: String
  /// The sequences.
  public var batch: Int
  /// The query heads.
  public var queryHeads: Int
  /// The KV heads.
  public var kvHeads: Int
  /// The elements of a query, a key and a value of one head.
  public var headDim: Int
  /// The last tokens that a query sees; 0 for all of them.
  public var window: Int
  /// The query tokens of a sequence: 1 is a decode step.
  public var queryTokens: Int
  /// The tokens of a sequence that are attended to.
  public var contextTokens: Int
  /// The time.
  public var time: Seconds
  /// Why it should not be relied on; empty where nothing is known against it.
  public var unverified: String

  /// What is measured, whatever the time: a second row of it is a duplicate.
  struct Identity: Hashable {
    let texts: [String]
    let numbers: [Int]
  }

  var identity: Identity {
    Identity(
      texts: [gpu, software, dtype],
      numbers: [batch, queryHeads, kvHeads, headDim, window, queryTokens, contextTokens])
  }

  /// Creates a time; see the properties for the meaning of each value.
  public init(
    line: Int, gpu: String, software: String, dtype: String, batch: Int, queryHeads: Int, kvHeads: Int, headDim: Int,
    window: Int, queryTokens: Int, contextTokens: Int, time: Seconds, unverified: String = ""
  ) {
    self.line = line
    self.gpu = gpu
    self.software = software
    self.dtype = dtype
    self.batch = batch
    self.queryHeads = queryHeads
    self.kvHeads = kvHeads
    self.headDim = headDim
    self.window = window
    self.queryTokens = queryTokens
    self.contextTokens = contextTokens
    self.time = time
    self.unverified = unverified
  }

  /// The times that a kernel may take: below is faster than any launch, above is longer than any that was measured.
  static let microseconds = 0.5...1e8
  /// Above what any memory or cache of a GPU delivers: a higher rate is a time in another unit.
  static let mostBytesPerSecond = 200e12
  /// Above what any GPU computes.
  static let mostOperationsPerSecond = 100e15

  /// Checks that it is a kernel, and that its time can be one of the unit.
  func check() throws(RowProblem) {
    guard queryHeads % kvHeads == 0 else {
      throw RowProblem("kv_heads: found \(kvHeads), expected a divisor of the \(queryHeads) query heads")
    }
    guard queryTokens <= contextTokens else {
      throw RowProblem(
        "query_tokens: found \(queryTokens), expected at most the \(contextTokens) tokens of the context")
    }
    let seen = Double(window > 0 ? min(contextTokens, window) : contextTokens)
    // Fewer than any kernel reads or computes: one byte an element, and half of all pairs.
    let bytes = 2 * Double(batch) * Double(kvHeads) * Double(headDim) * seen
    let operations = 2 * Double(batch) * Double(queryHeads) * Double(headDim) * Double(queryTokens) * seen
    guard bytes / time.seconds <= Self.mostBytesPerSecond else {
      throw RowProblem(
        "time: found \(time), in which K and V would be read at \(BytesPerSecond(bytes / time.seconds)); units mixed up?"
      )
    }
    guard operations / time.seconds <= Self.mostOperationsPerSecond else {
      throw RowProblem(
        "time: found \(time), in which more would be computed than any GPU can; units mixed up?")
    }
  }
}
