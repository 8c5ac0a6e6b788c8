/// One execution of a command that gave results, with all that it takes to repeat it.
public struct RunRecord: Sendable, Hashable {
  /// When, in ISO 8601 and UTC: `2025-01-31T23:59:59Z`, with a fraction of a second if wished.
  public var createdAt: String
  /// The arguments of the command.
  public var command: String
  /// The version of Treeline that ran.
  public var treelineVersion: String
  /// The seed of every random choice; nil when there was none.
  ///
  /// SQLite has no unsigned integers: seeds from 2^63 on show as negative numbers in SQL.
  public var seed: UInt64?
  /// What was done: `simulate`, `sweep`, …
  public var kind: String
  /// The hash of the topology's text, one of the inputs.
  public var topologyHash: String?
  /// The hash of the model's text, one of the inputs.
  public var modelHash: String?
  /// The tokens of one sequence, those of the queries included.
  public var tokens: Int64?
  /// The last of them whose queries a step attends: 1 to decode, all of them for a full prefill.
  public var queryTokens: Int64?
  /// Which keys a query sees: `causal` or `full`.
  public var mask: String?
  /// The sequences in a batch.
  public var batch: Int64?
  /// The number of ranks.
  public var worldSize: Int64?
  /// The type of the elements, such as `bf16`.
  public var dtype: String?
  /// A person's remark.
  public var note: String?

  /// Creates a record.
  ///
  /// - Parameters:
  ///   - createdAt: When, in ISO 8601 and UTC.
  ///   - command: The arguments of the command.
  ///   - treelineVersion: The version of Treeline that ran.
  ///   - seed: The seed of every random choice.
  ///   - kind: What was done.
  ///   - topologyHash: The hash of the topology's text.
  ///   - modelHash: The hash of the model's text.
  ///   - tokens: The tokens of one sequence, those of the queries included.
  ///   - queryTokens: The last of them whose queries a step attends.
  ///   - mask: Which keys a query sees.
  ///   - batch: The sequences in a batch.
  ///   - worldSize: The number of ranks.
  ///   - dtype: The type of the elements.
  ///   - note: A person's remark.
  public init(
    createdAt: String, command: String, treelineVersion: String, seed: UInt64? = nil, kind: String,
    topologyHash: String? = nil, modelHash: String? = nil, tokens: Int64? = nil, queryTokens: Int64? = nil,
    mask: String? = nil, batch: Int64? = nil, worldSize: Int64? = nil, dtype: String? = nil, note: String? = nil
  ) {
    self.createdAt = createdAt
    self.command = command
    self.treelineVersion = treelineVersion
    self.seed = seed
    self.kind = kind
    self.topologyHash = topologyHash
    self.modelHash = modelHash
    self.tokens = tokens
    self.queryTokens = queryTokens
    self.mask = mask
    self.batch = batch
    self.worldSize = worldSize
    self.dtype = dtype
    self.note = note
  }
}
