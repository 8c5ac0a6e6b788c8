import Quantities

extension AllReduce {
  /// The most scratch that any member needs, in constant time; ``traffic(of:_:nodes:)`` gives that of each.
  ///
  /// Uneven chunks may leave every member a unit below it.
  public func mostScratch(_ algorithm: CollectiveAlgorithm, nodes: [[Int]]? = nil) -> Bytes {
    guard !trivial else { return .zero }
    let n = payload.units
    switch algorithm {
    case .flat(let flat):
      return payload.bytesPerUnit * flat.mostScratch(of: size, units: n)
    case .hierarchical(let inside, let across):
      let nodes = nodes ?? oneNode
      let largest = nodes.map(\.count).max() ?? 0
      switch NodePlan(nodes: nodes, inside: inside) {
      case .inside:
        return payload.bytesPerUnit * inside.mostScratch(of: size, units: n)
      case .across:
        return payload.bytesPerUnit * across.mostScratch(of: size, units: n)
      case .scattered:
        let places = inside == .halvingDoubling ? HalvingOrder(count: largest).active : largest
        let outer = across.mostScratch(of: nodes.count, units: Chunks(of: n, count: places).largest)
        return payload.bytesPerUnit * max(inside.mostScratch(of: largest, units: n), outer)
      case .leaders:
        let inner = (inside.direct ? largest - 1 : min(2, largest - 1)) * n
        return payload.bytesPerUnit * max(inner, across.mostScratch(of: nodes.count, units: n))
      }
    }
  }
}

extension FlatAlgorithm {
  /// The most units of scratch of any member of an all-reduce: a chunk, the slots of all others, or those of children.
  func mostScratch(of count: Int, units: Int) -> Int {
    guard count > 1 else { return 0 }
    let chunk = Chunks(of: units, count: count).largest
    switch self {
    case .ring: return chunk
    case .twoShot: return (count - 1) * chunk
    case .oneShot: return (count - 1) * units
    case .binaryTree: return min(2, count - 1) * units
    case .doubleBinaryTree: return min(2, count - 1) * (units - units / 2)
    case .halvingDoubling: return HalvingOrder(count: count).folded > 0 ? units : units - units / 2
    }
  }
}
