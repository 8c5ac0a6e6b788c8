/// Why a description is not of a machine that the model knows.
public enum CollectiveMachineError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A GPU that is not known.
  case gpu(found: String, hint: String)
  /// GPUs that do not make equal nodes.
  case counts(gpus: Int, nodes: Int)
  /// A network that is not known.
  case network(found: String)
  /// A figure that can't be.
  case figure(field: String, found: String, expected: String)

  /// One sentence for a person.
  public var description: String {
    switch self {
    case .gpu(let found, let hint):
      "gpu: found '\(found)', expected a name with one of "
        + GPUModel.known.map(\.name).joined(separator: ", ") + hint
    case .counts(let gpus, let nodes):
      "gpus: found \(gpus) in \(nodes) nodes, expected 2 or more, as many in each node"
    case .network(let found):
      "interconnect: found '\(found)' between nodes, expected one that names InfiniBand, RoCE, Ethernet or EFA"
    case .figure(let field, let found, let expected): "\(field): found \(found), expected \(expected)"
    }
  }
}
