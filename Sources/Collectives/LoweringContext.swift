import Programs
import Quantities

/// What every phase of a collective needs to add its operations: who takes part, and what is reduced.
///
/// A phase is a method that takes some members in order, the units that it works on, the frontier that its members
/// start from and move to, and the builder. Phases compose: each waits for all that its members did before, so that no
/// phase can overwrite what an earlier one still sends.
struct LoweringContext {
  /// The rank of each member.
  let group: [Int]
  /// What is reduced.
  let payload: Payload
  /// How two slices combine.
  let reduction: Reduction
  /// The buffer of each member.
  let buffers: [BufferID]

  /// Launches each member's communication kernel.
  func launch(after ready: [Dependencies], into builder: inout ProgramBuilder) -> Frontier {
    let kernel = Kernel.launch(payload.type)
    return Frontier(
      group.indices.map { builder.compute(kernel, rank: group[$0], stream: .compute, after: ready[$0]) },
      ready: ready)
  }

  /// Some units of a member's buffer.
  func slice(_ member: Int, _ units: Range<Int>) -> Slice {
    slice(buffers[member], units)
  }

  /// Some units of a buffer.
  func slice(_ buffer: BufferID, _ units: Range<Int>) -> Slice {
    let each = Int64(payload.elementsPerUnit)
    return Slice(buffer, offset: Int64(units.lowerBound) * each, count: Int64(units.count) * each)
  }

  /// Room for some units in a member's memory; nil for none.
  func scratch(
    _ member: Int, units: Int, after: Dependencies, _ builder: inout ProgramBuilder
  ) -> (buffer: BufferID, live: OperationID)? {
    guard units > 0 else { return nil }
    let buffer = builder.buffer(
      rank: group[member], label: Self.scratchLabel, elements: units * payload.elementsPerUnit, type: payload.type)
    return (buffer, builder.allocate(buffer, after: after))
  }

  /// What the receive buffers of collectives are called in a memory breakdown.
  static let scratchLabel = "collective scratch"

  /// Combines `source` into `target`, both in a member's memory: two reads and one write of each element.
  ///
  /// It runs beside the member's other kernels, inside the communication kernel.
  func reduce(
    _ member: Int, _ target: Slice, _ source: Slice, after: Dependencies, _ builder: inout ProgramBuilder
  ) -> OperationID {
    let kernel = Kernel(
      action: .reduce(reduction), flops: FLOPs(Double(target.count) * reduction.flopsPerElement),
      bytes: Bytes(3 * target.count) * payload.type.size, type: payload.type, launched: false)
    return builder.compute(
      kernel, rank: group[member], stream: .unordered, operands: builder.keepsOperands ? [target, source] : [],
      after: after)
  }

  /// All-reduces some units over some members.
  func allReduce(
    _ algorithm: FlatAlgorithm, _ members: [Int], _ units: Range<Int>, _ frontier: inout Frontier,
    _ builder: inout ProgramBuilder
  ) {
    guard members.count > 1, !units.isEmpty else { return }
    switch algorithm {
    case .ring, .halvingDoubling, .twoShot:
      reduceScatter(algorithm, members, units, &frontier, &builder)
      allGather(algorithm, members, units, &frontier, &builder)
    case .binaryTree:
      reduceTree(members, units, first: 0, &frontier, &builder)
      broadcastTree(members, units, first: 0, &frontier, &builder)
    case .doubleBinaryTree:
      doubleTree(members, units, &frontier, &builder)
    case .oneShot:
      oneShot(members, units, &frontier, &builder)
    }
  }

  /// Reduces some units so that each member holds the sum of those that ``owned(_:by:of:_:)`` names.
  func reduceScatter(
    _ algorithm: FlatAlgorithm, _ members: [Int], _ units: Range<Int>, _ frontier: inout Frontier,
    _ builder: inout ProgramBuilder
  ) {
    switch algorithm {
    case .halvingDoubling: halve(members, units, &frontier, &builder)
    case .twoShot: scatterDirect(members, units, &frontier, &builder)
    default: scatterRing(members, units, &frontier, &builder)
    }
  }

  /// Gives every member all of some units, of which each holds those that ``owned(_:by:of:_:)`` names.
  func allGather(
    _ algorithm: FlatAlgorithm, _ members: [Int], _ units: Range<Int>, _ frontier: inout Frontier,
    _ builder: inout ProgramBuilder
  ) {
    switch algorithm {
    case .halvingDoubling: double(members, units, &frontier, &builder)
    case .twoShot: gatherDirect(members, units, &frontier, &builder)
    default: gatherRing(members, units, &frontier, &builder)
    }
  }

  /// The units that a place among some members ends a reduce-scatter with; empty for a rank that is folded away.
  func owned(_ algorithm: FlatAlgorithm, by place: Int, of count: Int, _ units: Range<Int>) -> Range<Int> {
    guard algorithm == .halvingDoubling else { return Chunks(of: units.count, count: count)[place] + units.lowerBound }
    let order = HalvingOrder(count: count)
    guard let number = order.number(place) else { return units.lowerBound..<units.lowerBound }
    return order.kept(number, after: order.steps, of: units.count) + units.lowerBound
  }
}

extension Range<Int> {
  /// The range moved up.
  static func + (range: Range<Int>, offset: Int) -> Range<Int> {
    range.lowerBound + offset..<range.upperBound + offset
  }
}
