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
///     kernel-replications: 25
///     kernel-seed: 0
///
/// The last five stand there only where they are not the default. Keys and values are those of the options of `treeline simulate`; equal options have equal texts.
public struct StepSettings: Hashable, Sendable {
  /// The options of the algorithms.
  public var options: StepOptions
  /// The type of partial results; nil for that of the step itself.
  public var partialType: DataType?

  /// How a calibrated model times attention kernels; the model itself is an input of its own. Nil for rooflines.
  public var kernels: Kernels?

  /// How a calibrated model times attention kernels.
  public struct Kernels: Hashable, Sendable {
    /// The software whose kernels run.
    public var software: KernelSoftware
    /// How often times are drawn.
    public var replications: Int
    /// Chooses which replication draws what.
    public var seed: UInt64

    /// Creates settings; see the properties for the meaning of each value.
    public init(
      software: KernelSoftware, replications: Int = KernelTiming.defaultReplications, seed: UInt64 = 0
    ) {
      self.software = software
      self.replications = replications
      self.seed = seed
    }
  }

  /// Creates settings; see the properties for the meaning of each value.
  public init(options: StepOptions, partialType: DataType? = nil, kernels: Kernels? = nil) {
    self.options = options
    self.partialType = partialType
    self.kernels = kernels
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
    if let kernels {
      lines += [
        "kernels: \(kernels.software.rawValue)", "kernel-replications: \(kernels.replications)",
        "kernel-seed: \(kernels.seed)",
      ]
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
      "kernels", "kernel-replications", "kernel-seed",
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
    kernels = nil
    if let field = mapping.optional("kernels") {
      let name = try field.name(among: KernelSoftware.allCases.map(\.rawValue), noun: "software")
      kernels = KernelSoftware(rawValue: name).map { Kernels(software: $0) }
      if let field = mapping.optional("kernel-replications") {
        kernels?.replications = try field.integer(in: 1...KernelTiming.mostReplications)
      }
      if let field = mapping.optional("kernel-seed") {
        guard let seed = UInt64(try field.string()) else {
          throw field.error("found \(field.found), expected a whole number from 0 to \(UInt64.max)")
        }
        kernels?.seed = seed
      }
    }
    self.options = options
  }
}
