import Programs
import Quantities

/// The most memory that a rank had in use: how much, when, and what it was.
public struct PeakMemory: Hashable, Sendable {
  /// The rank.
  public var rank: Int
  /// The bytes live at the peak.
  public var bytes: Bytes
  /// When the peak was first reached.
  public var moment: Seconds
  /// What was live then, by what the buffers hold, in the order in which the program declares them.
  public var breakdown: [(label: String, bytes: Bytes)] {
    zip(labels, sizes).map { ($0, $1) }
  }

  private var labels: [String]
  private var sizes: [Bytes]

  init(rank: Int, bytes: Bytes, moment: Seconds, breakdown: [(label: String, bytes: Bytes)]) {
    self.rank = rank
    self.bytes = bytes
    self.moment = moment
    labels = breakdown.map(\.label)
    sizes = breakdown.map(\.bytes)
  }
}

extension SimulationRun {
  /// The peak of each rank in bytes.
  public var peakBytesByRank: [Bytes] { timeline.ledger.peaks.map { Bytes($0) } }

  /// The rank with the highest peak; the lowest of equals.
  public var peakRank: Int {
    let peaks = timeline.ledger.peaks
    return peaks.indices.max { (peaks[$0], -$0) < (peaks[$1], -$1) } ?? 0
  }

  /// The peak of one rank with its moment and breakdown.
  public func peakMemory(ofRank rank: Int) -> PeakMemory {
    let ledger = timeline.ledger
    let sizes = MemoryLedger.breakdown(ofRank: rank, in: program, timeline.finishes)
    let breakdown = zip(program.labels, sizes).filter { $0.1 > 0 }.map { (label: $0.0, bytes: Bytes($0.1)) }
    return PeakMemory(
      rank: rank, bytes: Bytes(ledger.peaks[rank]), moment: Seconds(ledger.peakTimes[rank]), breakdown: breakdown)
  }
}
