import ArgumentParser
import Attention
import Collectives
import Experiments
import Quantities
import Workloads

/// The options that describe a model and its workload.
struct WorkloadOptions: ParsableArguments {
  @Option(name: .shortAndLong, help: "A model by name ('treeline model list') or the path of a model file.")
  var model: String?

  @Option(help: "Query heads of a free-form model, instead of --model.")
  var heads: Int?

  @Option(help: "KV heads of a free-form model (default: as many as query heads).")
  var kvHeads: Int?

  @Option(help: "Head dim of a free-form model.")
  var headDim: Int?

  @Option(help: "Layers of a free-form model (default: 1).")
  var layers: Int?

  @Option(
    name: .shortAndLong,
    help: "Tokens of each sequence, those of the queries included: 5.12M, 128k (k = 1000), 128Ki; or a list.")
  var tokens: String

  @Option(
    help: ArgumentHelp(
      "The last so many of the tokens have queries: 1 to decode, all for a full prefill, or a number between.",
      valueName: "n|all"))
  var queryTokens: String = "1"

  @Option(help: "Keys that a query sees: causal (up to its own token) or full.")
  var mask: String = "causal"

  @Option(name: .shortAndLong, help: "Sequences in the batch.")
  var batch: Int = 1

  @Option(help: "Type of Q, K, V and the output: fp32, bf16, fp16 or fp8.")
  var dtype: String = "bf16"

  @Option(help: "Type of partial results in reductions (default: that of --dtype).")
  var partialDtype: String?

  /// The model that the options describe.
  func resolveModel(_ library: InputLibrary, _ overrides: [Override]) throws -> ResolvedModel {
    let freeForm = heads != nil || kvHeads != nil || headDim != nil || layers != nil
    guard freeForm else { return try ResolvedModel(model ?? "paper-block", from: library, overrides: overrides) }
    guard model == nil else { throw UsageError("--model and --heads describe the model twice; give one") }
    guard let heads, let headDim else { throw UsageError("a free-form model needs --heads and --head-dim") }
    return try ResolvedModel(
      heads: heads, kvHeads: kvHeads ?? heads, headDim: headDim, layers: layers ?? 1, overrides: overrides)
  }

  /// The token counts, one or several.
  func tokenCounts() throws -> [TokenCount] {
    try CommaList.split(tokens, option: "--tokens").map { text in
      do {
        return try TokenCount(parsing: text)
      } catch {
        throw UsageError("--tokens: \(error)")
      }
    }
  }

  /// A step of a model with so many tokens.
  func workload(of model: ModelShape, tokens: TokenCount) throws -> AttentionWorkload {
    let type = try Self.type(dtype, option: "--dtype")
    return AttentionWorkload(
      shape: model.attention, batch: batch, tokens: tokens.count, queryTokens: try queryTokens(of: tokens),
      mask: try CommaList.choice(mask, option: "--mask", noun: "mask", among: AttentionMask.allCases), type: type,
      partialType: try partialType())
  }

  /// How many of so many tokens have queries.
  private func queryTokens(of tokens: TokenCount) throws -> Int {
    guard queryTokens != "all" else { return tokens.count }
    do {
      return try TokenCount(parsing: queryTokens).count
    } catch {
      throw UsageError("--query-tokens: \(error), or 'all'")
    }
  }

  /// The type of partial results; nil for that of the step.
  func partialType() throws -> DataType? {
    try partialDtype.map { try Self.type($0, option: "--partial-dtype") }
  }

  private static func type(_ text: String, option: String) throws -> DataType {
    try CommaList.choice(text, option: option, noun: "data type", among: DataType.allCases)
  }
}

/// The options of the algorithms.
struct AlgorithmOptions: ParsableArguments {
  @Option(name: .shortAndLong, help: "Algorithms to compare: tree, ring, all-gather, single; a list.")
  var algorithm: String = "tree,ring"

  @Option(help: "All-reduces of tree decoding: 3 (the paper's), 2 or 1.")
  var allReduces: Int = 3

  @Option(
    help: """
      Algorithm of the all-reduces: auto, ring, binary-tree, double-binary-tree, halving-doubling, one-shot, two-shot, \
      or hierarchical(INSIDE,ACROSS).
      """)
  var collective: String = "auto"

  @Option(help: "Hops of ring decoding: p-1, or p as the paper's formula counts.")
  var hops: String = "p-1"

  @Flag(inversion: .prefixedNo, help: "Whether ring decoding passes a shard on while it attends to it.")
  var overlap: Bool = true

  @Option(help: "Heads that ring decoding sends: kv, or query as the paper's code does.")
  var ringHeads: String = "kv"

  @Flag(help: "Ring decoding keeps every rank's own shard in place, with a third buffer.")
  var keepHomeShard: Bool = false

  @Option(
    help: """
      How ring and all-gather deal out the tokens of a prefill: contiguous, or zigzag, which balances a causal mask \
      (default: zigzag).
      """)
  var layout: String?

  /// The algorithms in the order given.
  func choices() throws -> [AlgorithmChoice] {
    try CommaList.choices(algorithm, option: "--algorithm", noun: "algorithm", among: AlgorithmChoice.allCases)
  }

  /// Checks that a layout that is asked for deals out anything.
  ///
  /// - Parameters:
  ///   - choices: The algorithms of the command.
  ///   - workload: Its step.
  /// - Throws: ``UsageError`` where no algorithm reads the layout, or the step is a decode step.
  func validateLayout(for choices: [AlgorithmChoice], _ workload: AttentionWorkload) throws {
    guard let layout else { return }
    guard choices.contains(.ring) || choices.contains(.allGather) else {
      let names = choices.map(\.rawValue).joined(separator: " and ")
      throw UsageError(
        "--layout: found '\(layout)' with \(names) alone; expected ring or all-gather in --algorithm, which deal out queries"
      )
    }
    guard !workload.isDecode else {
      throw UsageError(
        "--layout: found '\(layout)' for a decode step, whose one query every rank has; expected --query-tokens of 2 or more"
      )
    }
  }

  /// The options as the experiment takes them.
  func stepOptions() throws -> StepOptions {
    guard let fusion = TreeAttention.Fusion(rawValue: allReduces) else {
      throw UsageError("--all-reduces: found \(allReduces), expected 1, 2 or 3")
    }
    let choice: CollectiveChoice
    do {
      choice = try CollectiveChoice(parsing: collective)
    } catch {
      throw UsageError("--collective: \(error)")
    }
    guard ["kv", "query"].contains(ringHeads) else {
      throw UsageError("--ring-heads: found '\(ringHeads)', expected kv or query")
    }
    return StepOptions(
      fusion: fusion, collective: choice,
      hops: try CommaList.choice(hops, option: "--hops", noun: "number of hops", among: RingAttention.Hops.allCases),
      overlapsTransfer: overlap, expandsHeads: ringHeads == "query", keepsHomeShard: keepHomeShard,
      layout: try layout.map {
        try CommaList.choice($0, option: "--layout", noun: "layout", among: TokenLayout.allCases)
      } ?? StepOptions().layout)
  }
}
