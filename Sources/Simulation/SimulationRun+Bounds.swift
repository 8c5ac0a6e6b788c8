import Programs
import Quantities

extension SimulationRun {
  /// Checks that the run is not faster than physics: no link carried more than its bandwidth allows in the time, no
  /// message beat its route's alpha-beta time, no device streamed its memory or computed faster than its profile says.
  ///
  /// - Throws: ``SimulationError/boundBroken(_:)`` naming the first bound broken.
  public func checkBounds() throws(SimulationError) {
    let time = makespan.seconds * (1 + Self.tolerance) + .leastNormalMagnitude
    for (link, bytes) in bytesByLink.enumerated() {
      let bound = bytes / topology.graph.payloadBandwidth(ofLink: link)
      guard bound.seconds <= time else {
        throw .boundBroken("link \(link) can't carry \(bytes) in \(makespan); it takes \(bound)")
      }
    }
    let ways = timeline.routes.map { Way($0, isLone: true) }
    let diverted = Set(timeline.legs.map(\.message))
    for (index, message) in program.messages.enumerated() where !diverted.contains(Int32(index)) {
      let way = ways[Int(timeline.routeOfMessage[index])]
      let bound = way.arrival(posted: way.overhead, bytes: message.bytes)
      let end = timeline.finishes[Int(message.receive)]
      // The rounding of a difference of two late times is that of the times, not of the difference.
      let took = end - timeline.messageStarts[index] + Self.tolerance * end
      guard took >= bound * (1 - Self.tolerance) else {
        throw .boundBroken(
          "message \(index) of \(Bytes(message.bytes)) took \(Seconds(took)), its route needs \(Seconds(bound))")
      }
    }
    try checkDeviceBounds(time: time)
  }

  private func checkDeviceBounds(time: Double) throws(SimulationError) {
    for (rank, bound) in deviceBounds().enumerated() {
      guard bound.memory.seconds <= time else {
        throw .boundBroken("rank \(rank) can't stream its memory traffic in \(makespan); it takes \(bound.memory)")
      }
      guard bound.arithmetic.seconds <= time else {
        throw .boundBroken("rank \(rank) can't do its arithmetic in \(makespan); it takes \(bound.arithmetic)")
      }
    }
  }

  /// For each rank the least time that its kernels' memory traffic and arithmetic need, each on its own; kernels whose
  /// times are given count with these in both.
  func deviceBounds() -> [(memory: Seconds, arithmetic: Seconds)] {
    let times = topology.profiles.enumerated().map { place, profile in
      program.kernels.enumerated().map { index, kernel in
        if let given = conditions.kernelTime(profile: place, kernel: index) {
          return (memory: given, arithmetic: given)
        }
        return (
          memory: kernel.bytes / profile.achievedMemoryBandwidth,
          arithmetic: profile.rooflineTime(flops: kernel.flops, bytes: .zero, type: kernel.type)
        )
      }
    }
    var bounds = [(memory: Seconds, arithmetic: Seconds)](repeating: (.zero, .zero), count: program.worldSize)
    for index in 0..<program.count where program.kinds[index] == .compute {
      // Work fused into a communication kernel may run beside the compute stream; data-sheet rates hold for both
      // together, but the reductions are so small that only launched kernels are held to the bound.
      let kernel = Int(program.subjects[index])
      guard program.kernels[kernel].launched else { continue }
      let rank = Int(program.ranks[index])
      let time = times[topology.devices[rank].profile][kernel]
      bounds[rank].memory += time.memory
      bounds[rank].arithmetic += time.arithmetic
    }
    return bounds
  }

  private static let tolerance = 1e-9
}
