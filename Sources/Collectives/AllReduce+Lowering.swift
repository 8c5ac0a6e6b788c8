import Programs
import Quantities

extension AllReduce {
  /// Adds the all-reduce to a program, as launches, sends, receives and reductions.
  ///
  /// Each member launches one communication kernel on its compute stream; what follows runs inside it and depends on
  /// data alone, except that rings and halving-doubling keep the order of their steps on the send and receive streams.
  /// Empty messages are left out. One rank, or an empty payload, adds nothing.
  ///
  /// - Parameters:
  ///   - algorithm: How it is done.
  ///   - buffers: For each member a buffer on its rank that holds ``payload`` and is reduced in place.
  ///   - nodes: The members of each node, every member once, for hierarchical algorithms; nil for one node.
  ///   - ready: For each member, what must finish before its buffer may be read.
  ///   - builder: The program.
  /// - Returns: For each member, what must finish before its buffer holds the result, may be written again, and its
  ///   scratch is free; `ready` as it came when there is nothing to do.
  @discardableResult
  public func lower(
    _ algorithm: CollectiveAlgorithm, buffers: [BufferID], nodes: [[Int]]? = nil, ready: [Dependencies],
    into builder: inout ProgramBuilder
  ) -> [Dependencies] {
    guard !trivial else { return ready }
    builder.beginRegion(
      "all-reduce \(reduction.rawValue)", detail: algorithm.name,
      reduction: builder.keepsOperands ? regionReduction(of: buffers) : nil)
    defer { builder.endRegion() }
    let context = LoweringContext(group: group, payload: payload, reduction: reduction, buffers: buffers)
    var frontier = context.launch(after: ready, into: &builder)
    let everyone = Array(0..<size)
    let units = 0..<payload.units
    switch algorithm {
    case .flat(let flat):
      context.allReduce(flat, everyone, units, &frontier, &builder)
    case .hierarchical(let inside, let across):
      context.hierarchical(inside, across, nodes ?? oneNode, units, &frontier, &builder)
    }
    return frontier.dependencies
  }

  private func regionReduction(of buffers: [BufferID]) -> RegionReduction {
    RegionReduction(
      reduction: reduction, slices: buffers.map { Slice($0, offset: 0, count: Int64(payload.elements)) },
      elementsPerUnit: payload.elementsPerUnit)
  }
}
