/// What a log does not say of itself, given by whoever has it.
public struct LogContext: Hashable, Sendable {
  /// The GPU; takes the place of the name that the log has.
  public var gpu: String?
  /// What joins the GPUs.
  public var interconnect: String?
  /// The ranks.
  public var gpus: Int?
  /// The machines.
  public var nodes: Int?
  /// The network cards of a machine.
  public var nics: Int?
  /// The collective, as in `all_reduce`.
  public var collective: String?

  /// Creates a context; see the properties for the meaning of each value.
  public init(
    gpu: String? = nil, interconnect: String? = nil, gpus: Int? = nil, nodes: Int? = nil, nics: Int? = nil,
    collective: String? = nil
  ) {
    self.gpu = gpu
    self.interconnect = interconnect
    self.gpus = gpus
    self.nodes = nodes
    self.nics = nics
    self.collective = collective
  }

  /// All that is given, in one text.
  var canonicalText: String {
    [
      gpu.map { "gpu='\($0)'" }, interconnect.map { "interconnect='\($0)'" }, gpus.map { "gpus=\($0)" },
      nodes.map { "nodes=\($0)" }, nics.map { "nics=\($0)" }, collective.map { "collective=\($0)" },
    ].compactMap { $0 }.joined(separator: " ")
  }
}
