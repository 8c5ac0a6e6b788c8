import Programs
import Quantities
import Topologies

/// Rounds of messages that meet on links: in each every rank sends to four others once it has heard of the round before.
///
/// The routes are the same in every round, so that runs of more rounds differ in nothing but the number of events.
struct RoundsJob {
  let ranks: Int
  let rounds: Int

  /// The ranks on one switch.
  var topology: Topology { RingJob(ranks: ranks).topology }

  /// The operations of every rank.
  func program() -> Program {
    var builder = ProgramBuilder(worldSize: ranks, keepsOperands: false)
    let buffers = (0..<ranks).map {
      builder.buffer(rank: $0, label: "payload", elements: 1 << 20, type: .fp8, persistent: true)
    }
    var heard = [Dependencies](repeating: .none, count: ranks)
    for round in 0..<rounds {
      var next = [Dependencies](repeating: .none, count: ranks)
      for rank in 0..<ranks {
        for shift in [1, 5, 17, 31] {
          let peer = (rank + shift) % ranks
          let count = Int64(1000 + (rank * 7919 + shift * 104_729 + round * 31) % 500_000)
          let moved = builder.transfer(
            Slice(buffers[rank], offset: 0, count: count), to: Slice(buffers[peer], offset: 0, count: count),
            sendStream: .unordered, receiveStream: .unordered, sendAfter: heard[rank])
          next[peer] = next[peer].and(moved.receive)
        }
      }
      heard = next
    }
    return builder.build()
  }
}
