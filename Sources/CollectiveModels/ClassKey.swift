/// A class of nodes or networks, by which a parameter deviates from its common value.
public enum ClassKey: Hashable, Sendable {
  /// A class of nodes.
  case node(NodeClass)
  /// A class of networks.
  case network(NetworkClass)

  /// Its name.
  public var name: String {
    switch self {
    case .node(let node): node.rawValue
    case .network(let network): network.rawValue
    }
  }

  /// The class with a name.
  init?(name: String) {
    if let node = NodeClass(rawValue: name) {
      self = .node(node)
    } else if let network = NetworkClass(rawValue: name) {
      self = .network(network)
    } else {
      return nil
    }
  }

  /// All classes.
  static let all = NodeClass.allCases.map(ClassKey.node) + NetworkClass.allCases.map(ClassKey.network)
}

extension CollectiveMachine {
  /// The class that a parameter deviates by here; nil for one of networks where there is none.
  func classKey(_ parameter: CollectiveParameter) -> ClassKey? {
    parameter.isOfNetwork ? network.map { .network($0.kind) } : .node(node)
  }
}
