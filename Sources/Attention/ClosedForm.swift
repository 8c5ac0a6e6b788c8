import Quantities

/// What the formulas say of a step: every number in it is *closed form*.
public struct ClosedForm: Hashable, Sendable {
  /// The bytes that each rank sends, exact.
  public var bytesSentByRank: [Bytes]
  /// The most bytes live on each rank, exact.
  public var peakBytesByRank: [Bytes]
  /// The time of the step on the ``MachineModel``; exact when ranks are alike and messages share no link. Where shares
  /// differ, by a token or by what a mask leaves of them, it is that of ranks that all have the most to do.
  public var time: Seconds

  /// Creates a closed form; see the properties for the meaning of each value.
  public init(bytesSentByRank: [Bytes], peakBytesByRank: [Bytes], time: Seconds) {
    self.bytesSentByRank = bytesSentByRank
    self.peakBytesByRank = peakBytesByRank
    self.time = time
  }

  /// The bytes that all ranks send.
  public var totalBytes: Bytes { bytesSentByRank.reduce(.zero, +) }
  /// The most bytes that a rank sends.
  public var largestBytesSent: Bytes { bytesSentByRank.max() ?? .zero }
  /// The highest peak of a rank.
  public var largestPeak: Bytes { peakBytesByRank.max() ?? .zero }
}
