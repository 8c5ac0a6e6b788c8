import Configuration

/// The formats in which tools describe a machine.
public enum MachineFormat: String, Hashable, Sendable, CaseIterable {
  /// NCCL's XML: what NCCL_TOPO_DUMP_FILE holds.
  case nccl
  /// The matrix that `nvidia-smi topo -m` prints.
  case nvidiaSMI = "nvidia-smi"

  /// The format of a text: XML starts with an angle bracket.
  public init(of text: String) {
    self = text.first { !$0.isWhitespace && $0 != "\u{FEFF}" } == "<" ? .nccl : .nvidiaSMI
  }

  /// Reads a machine.
  ///
  /// - Parameters:
  ///   - text: The file's text.
  ///   - file: The file's name, for errors.
  /// - Throws: `ConfigurationError` naming the line of what is wrong.
  public func read(_ text: String, file: String) throws(ConfigurationError) -> Machine {
    switch self {
    case .nccl: try NCCLTopologyReader.read(text, file: file)
    case .nvidiaSMI: try TopologyMatrixReader.read(text, file: file)
    }
  }

  /// The tool, in words.
  public var title: String {
    switch self {
    case .nccl: "NCCL's topology"
    case .nvidiaSMI: "the matrix of nvidia-smi topo -m"
    }
  }
}
