import Topologies

extension AllReduce {
  /// The estimated cost on a cluster; see ``CollectiveCostModel``, which saves the routes where many costs are asked.
  public func cost(of algorithm: CollectiveAlgorithm, on topology: Topology) -> CollectiveCost {
    let model = CollectiveCostModel(topology: topology, group: group, algorithms: [algorithm])
    return model.cost(of: algorithm, payload: payload) ?? .zero
  }
}
