/// The programs of nccl-tests, each of a collective.
enum CollectiveProgram: String, CaseIterable {
  case allReduce = "all_reduce"
  case allGather = "all_gather"
  case reduceScatter = "reduce_scatter"
  case allToAll = "alltoall"
  case allToAllV = "alltoallv"
  case sendReceive = "sendrecv"
  case broadcast
  case reduce
  case gather
  case scatter
  case hypercube

  /// The program that a text names, as in `./build/all_reduce_perf -b 8`; nil for none.
  static func named(in text: String) -> CollectiveProgram? {
    for word in text.split(whereSeparator: { !($0.isLetter || $0.isNumber || $0 == "_") }) where word.hasSuffix("_perf")
    {
      if let program = CollectiveProgram(rawValue: String(word.dropLast(5))) { return program }
    }
    return nil
  }

  /// What nccl-tests multiplies the algorithm's bandwidth by to get the bus bandwidth among some ranks
  /// (nccl-tests, doc/PERFORMANCE.md); nil where it says none.
  func busFactor(ranks: Int) -> Double? {
    let share = Double(ranks - 1) / Double(ranks)
    switch self {
    case .allReduce: return 2 * share
    case .allGather, .reduceScatter, .allToAll, .allToAllV, .gather, .scatter: return share
    case .sendReceive, .broadcast, .reduce: return 1
    case .hypercube: return nil
    }
  }
}
