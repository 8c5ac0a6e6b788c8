/// The PCIe tree of a server: sockets at the top, then host bridges and switches, GPUs and NICs at the leaves.
public struct PCIeTree: Hashable, Sendable {
  /// What a part of the tree is.
  public enum Kind: Hashable, Sendable {
    /// A socket or NUMA node, joined to the others by the links between sockets.
    case socket
    /// A host bridge (root complex) of a socket that has several.
    case hostBridge
    /// A PCIe switch.
    case `switch`
    /// The GPU of an index into ``Machine/gpus``.
    case gpu(Int)
    /// The NIC of an index into ``Machine/nics``.
    case nic(Int)
  }

  /// One part and the way up from it.
  public struct Part: Hashable, Sendable {
    /// What it is.
    public var kind: Kind
    /// The part above it, as an index into ``PCIeTree/parts``; nil for a socket.
    public var parent: Int?
    /// The speed of the link to the part above; nil where the tool tells none.
    public var speed: PCIeSpeed?
  }

  /// The parts; each stands after the part above it.
  public private(set) var parts: [Part] = []

  /// An empty tree.
  public init() {}

  /// Adds a part and returns its index.
  ///
  /// - Parameters:
  ///   - kind: What it is.
  ///   - parent: The part above it, added before; nil for a socket.
  ///   - speed: The speed of the link to the part above.
  @discardableResult
  public mutating func add(_ kind: Kind, under parent: Int? = nil, speed: PCIeSpeed? = nil) -> Int {
    parts.append(Part(kind: kind, parent: parent, speed: speed))
    return parts.count - 1
  }

  /// The part of a GPU.
  public func part(ofGPU gpu: Int) -> Int? { parts.firstIndex { $0.kind == .gpu(gpu) } }

  /// The part of a NIC.
  public func part(ofNIC nic: Int) -> Int? { parts.firstIndex { $0.kind == .nic(nic) } }

  /// A part and everything above it, from below.
  public func chain(from part: Int) -> [Int] {
    var chain = [part]
    while let last = chain.last, let parent = parts[last].parent { chain.append(parent) }
    return chain
  }

  /// How many parts a message between two parts passes on its way up and down; one more where it changes sockets.
  public func distance(_ first: Int, _ second: Int) -> Int {
    let (up, down) = (chain(from: first), chain(from: second))
    for (steps, part) in up.enumerated() {
      if let other = down.firstIndex(of: part) { return steps + other }
    }
    return up.count + down.count + 1
  }

  /// The parts that stand above two or more others, or directly below a socket's fan-out: what messages between GPUs
  /// can turn around in. Bridges with a single part below are left out, as they change no route.
  func forks(towards kept: (Kind) -> Bool) -> Set<Int> {
    var children: [Int: Set<Int>] = [:]
    for (index, part) in parts.enumerated() where kept(part.kind) {
      let chain = chain(from: index)
      for (child, parent) in zip(chain, chain.dropFirst()) { children[parent, default: []].insert(child) }
    }
    return Set(children.filter { $0.value.count > 1 || parts[$0.key].kind == .socket }.keys)
  }
}

extension PCIeTree {
  /// The same tree with its GPUs numbered otherwise.
  func renumbered(_ number: (Int) -> Int) -> PCIeTree {
    var tree = self
    for index in tree.parts.indices {
      if case .gpu(let gpu) = tree.parts[index].kind { tree.parts[index].kind = .gpu(number(gpu)) }
    }
    return tree
  }
}
