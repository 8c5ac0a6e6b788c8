import Quantities

/// An algorithm and a protocol, and the time that NCCL's tuner gives them.
public struct NCCLChoice: Hashable, Sendable {
  /// The algorithm.
  public let algorithm: NCCLAlgorithm
  /// The protocol; Simple for messages between pairs.
  public let form: NCCLProtocol
  /// The time by NCCL's own constants; for messages between pairs, of which NCCL estimates nothing, that of their bytes
  /// over the links.
  public let estimate: Seconds

  /// What it is called: `Ring LL128`, `p2p`.
  public var title: String {
    switch algorithm {
    case .pointToPoint: algorithm.rawValue
    case .nvls, .nvlsTree, .pat: algorithm.rawValue
    case .ring, .tree: "\(algorithm.rawValue) \(form.rawValue)"
    }
  }
}
