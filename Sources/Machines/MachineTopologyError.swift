/// Why a machine can't be written as a topology.
public enum MachineTopologyError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Its GPUs have direct links of an unknown generation.
  case unknownPeerLinks(device: String)
  /// Several machines are asked for, and it has no NIC.
  case noNICs(nodes: Int)
  /// Several machines are asked for, and nothing tells how fast its NICs are.
  case unknownNICs(names: [String])

  /// What was found, and what was expected.
  public var description: String {
    switch self {
    case .unknownPeerLinks(let device):
      "the GPUs have NVLinks, but nothing tells how fast they are on '\(device)'; --nvlink-bandwidth gives the rate of one"
    case .noNICs(let nodes): "--nodes: found \(nodes), but the machine has no NIC; expected 1"
    case .unknownNICs(let names):
      "nothing tells how fast the NICs are (\(names.joined(separator: ", "))); --nic-bandwidth gives the rate of one"
    }
  }
}
