import Quantities

/// What one member of a collective sends, and the receive buffers that it needs.
public struct MemberTraffic: Hashable, Sendable {
  /// The payload bytes that it sends.
  public var bytes: Bytes
  /// The messages that it sends.
  public var messages: Int
  /// The most bytes of scratch that it holds at any moment.
  public var peakScratch: Bytes

  /// Creates a value; see the properties for the meaning of each part.
  public init(bytes: Bytes, messages: Int, peakScratch: Bytes) {
    self.bytes = bytes
    self.messages = messages
    self.peakScratch = peakScratch
  }
}

/// What a whole collective sends.
public struct TotalTraffic: Hashable, Sendable {
  /// The payload bytes of all messages.
  public var bytes: Bytes
  /// The number of messages.
  public var messages: Int

  /// Creates a value; see the properties for the meaning of each part.
  public init(bytes: Bytes, messages: Int) {
    self.bytes = bytes
    self.messages = messages
  }
}

/// The same in units of a payload: what the formulas of one phase give for one place among its members.
struct UnitTraffic {
  /// The units sent.
  var units = 0
  /// The messages sent.
  var messages = 0
  /// The most units of scratch held.
  var scratch = 0

  /// One phase after another, the scratch of the first being free before the second takes its own.
  static func + (left: UnitTraffic, right: UnitTraffic) -> UnitTraffic {
    UnitTraffic(
      units: left.units + right.units, messages: left.messages + right.messages,
      scratch: max(left.scratch, right.scratch))
  }

  /// Two phases at the same time.
  static func & (left: UnitTraffic, right: UnitTraffic) -> UnitTraffic {
    UnitTraffic(
      units: left.units + right.units, messages: left.messages + right.messages,
      scratch: left.scratch + right.scratch)
  }
}
