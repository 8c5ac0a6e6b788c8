import Attention
import Collectives
import Configuration
import KernelModels
import Quantities
import Workloads

/// The options of a step that neither its topology, nor its model, nor the columns of a stored run hold, and their text.
///
///     all-reduces: 3
///     collective: auto
///     hops: p-1
///     overlap: true
///     ring-heads: kv
///     keep-home-shard: false
///     partial-dtype: bf16
///     layout: contiguous
///
///     kernels: vllm
///     collectives: true
///     draws: 25
///     draw-seed: 0
///
/// The last six stand there only where they are not the default. Keys and values are those of the options of `treeline simulate`; equal options have equal texts.
public struct StepSettings: Hashable, Sendable {
  /// The options of the algorithms.
  public var options: StepOptions
  /// The type of partial results; nil for that of the step itself.
  public var partialType: DataType?

  /// What fitted models time; the models themselves are inputs of their own. Nil for none.
  public var fitted: Fitted?

  /// What fitted models time.
  public struct Fitted: Hashable, Sendable {
    /// The software whose attention kernels run; nil for rooflines.
    public var software: KernelSoftware?
    /// Whether exchanges are timed as NCCL runs them.
    public var collectives: Bool
    /// How often times are drawn.
    public var replications: Int
    /// Chooses which replication draws what.
    public var seed: UInt64

    /// Creates settings; see the properties for the meaning of each value.
    public init(
      software: KernelSoftware?, collectives: Bool = false, replications: Int = FittedTime.defaultReplications,
      seed: UInt64 = 0
    ) {
      self.software = software
      self.collectives = collectives
      self.replications = replications
      self.seed = seed
    }
  }

  /// Creates settings; see the properties for the meaning of each value.
  public init(options: StepOptions, partialType: DataType? = nil, fitted: Fitted? = nil) {
    self.options = options
    self.partialType = partialType
    self.fitted = fitted
  }

  /// The settings as they are stored.
  public var text: String {
    var lines = [
      "all-reduces: \(options.fusion.rawValue)", "collective: \(options.collective)", "hops: \(options.hops.rawValue)",
      "overlap: \(options.overlapsTransfer)", "ring-heads: \(options.expandsHeads ? "query" : "kv")",
      "keep-home-shard: \(options.keepsHomeShard)",
    ]
    if let partialType { lines.append("partial-dtype: \(partialType.rawValue)") }
    // Absent before there were layouts, and so where it is the default.
    if options.layout != StepOptions().layout { lines.append("layout: \(options.layout.rawValue)") }
    if let fitted {
      if let software = fitted.software { lines.append("kernels: \(software.rawValue)") }
      if fitted.collectives { lines.append("collectives: true") }
      lines += ["draws: \(fitted.replications)", "draw-seed: \(fitted.seed)"]
    }
    return lines.map { $0 + "\n" }.joined()
  }

  /// Reads settings from their text; a key that is absent has the default of `treeline simulate`.
  ///
  /// - Parameters:
  ///   - text: The text.
  ///   - file: What the text is called in messages.
  /// - Throws: ``ConfigurationError`` at the first thing wrong.
  public init(text: String, file: String) throws(ConfigurationError) {
    let mapping = try Document(yaml: text, file: file).root.mapping(allowed: [
      "all-reduces", "collective", "hops", "overlap", "ring-heads", "keep-home-shard", "partial-dtype", "layout",
      "kernels", "collectives", "draws", "draw-seed",
    ])
    var options = StepOptions()
    if let field = mapping.optional("all-reduces") {
      options.fusion = TreeAttention.Fusion(rawValue: try field.integer(in: 1...3)) ?? options.fusion
    }
    if let field = mapping.optional("collective") {
      do {
        options.collective = try CollectiveChoice(parsing: try field.string())
      } catch let error as CollectiveNameError {
        throw field.error("\(error)")
      } catch let error as ConfigurationError {
        throw error
      } catch {
        throw field.error("\(error)")
      }
    }
    if let field = mapping.optional("hops") {
      let name = try field.name(among: RingAttention.Hops.allCases.map(\.rawValue), noun: "number of hops")
      options.hops = RingAttention.Hops(rawValue: name) ?? options.hops
    }
    if let field = mapping.optional("overlap") { options.overlapsTransfer = try field.boolean() }
    if let field = mapping.optional("ring-heads") {
      options.expandsHeads = try field.name(among: ["kv", "query"], noun: "kind of heads") == "query"
    }
    if let field = mapping.optional("keep-home-shard") { options.keepsHomeShard = try field.boolean() }
    if let field = mapping.optional("layout") {
      let name = try field.name(among: TokenLayout.allCases.map(\.rawValue), noun: "layout")
      options.layout = TokenLayout(rawValue: name) ?? options.layout
    }
    partialType = nil
    if let field = mapping.optional("partial-dtype") {
      partialType = DataType(rawValue: try field.name(among: DataType.allCases.map(\.rawValue), noun: "data type"))
    }
    let software = try mapping.optional("kernels").map { field throws(ConfigurationError) in
      KernelSoftware(rawValue: try field.name(among: KernelSoftware.allCases.map(\.rawValue), noun: "software"))
    }
    let collectives = try mapping.optional("collectives").map { field throws(ConfigurationError) in
      try field.boolean()
    }
    if software != nil || collectives == true {
      var seed: UInt64 = 0
      if let field = mapping.optional("draw-seed") {
        guard let found = UInt64(try field.string()) else {
          throw field.error("found \(field.found), expected a whole number from 0 to \(UInt64.max)")
        }
        seed = found
      }
      fitted = Fitted(
        software: software ?? nil, collectives: collectives ?? false,
        replications: try mapping.integer(
          "draws", in: 1...FittedTime.mostReplications, default: FittedTime.defaultReplications),
        seed: seed)
    } else {
      fitted = nil
    }
    self.options = options
  }
}
