import Quantities

/// What carries the messages of a rank that runs in a process of its own, such as MPI.
///
/// A class because it is a connection: what has been posted with it lives on between calls.
public protocol RankTransport: AnyObject {
  /// This rank, from 0.
  var rank: Int { get }
  /// The number of ranks.
  var worldSize: Int { get }
  /// What has been asked of the transport until now.
  var traffic: RankTraffic { get }

  /// Starts to send; returns at once. The bytes are the transport's from here on.
  func send(_ bytes: [UInt8], _ transfer: RankTransfer) throws
  /// Starts to receive as many bytes as the transfer has; returns at once.
  func receive(_ transfer: RankTransfer) throws
  /// Waits for what has been started, for as long as the transport allows.
  ///
  /// - Returns: What has been received; nothing of a send.
  /// - Throws: What says which message of which peer has not come, when it has not.
  func wait(for transfer: RankTransfer) throws -> [UInt8]
  /// Combines the bytes of all ranks and leaves the result on each, in one call to the transport's library. Every rank
  /// calls it, in the same order.
  ///
  /// - Parameters:
  ///   - bytes: Packed units, as many on every rank; the result when it returns.
  ///   - reduction: The operator.
  ///   - name: What is reduced, for an error.
  func allReduce(_ bytes: inout [UInt8], _ reduction: PackedReduction, name: String) throws
  /// Gathers equally many numbers of every rank on rank 0: an array a rank there, none elsewhere.
  func gather(_ numbers: [Double]) throws -> [[Double]]
}

/// One side of a message, as a transport needs it.
public struct RankTransfer: Hashable, Sendable {
  /// The message's place in ``Programs/Program/messages``: it tells messages between two ranks apart.
  public let message: Int
  /// The rank on the other side.
  public let peer: Int
  /// The payload in bytes.
  public let bytes: Int
  /// Whether this rank sends.
  public let isSend: Bool
  /// The operation, as a line of the program's listing.
  public let operation: String

  /// Describes one side; see the properties for the meaning of each value.
  package init(message: Int, peer: Int, bytes: Int, isSend: Bool, operation: String) {
    self.message = message
    self.peer = peer
    self.bytes = bytes
    self.isSend = isSend
    self.operation = operation
  }
}

/// What one rank has asked its transport to move.
public struct RankTraffic: Hashable, Sendable {
  /// The bytes sent in messages.
  public var sent: Bytes
  /// The bytes received in messages.
  public var received: Bytes
  /// The number of messages sent.
  public var messagesSent: Int
  /// The bytes given to the library's all-reduce, whatever that moves for them.
  public var reduced: Bytes

  /// Creates an amount; see the properties for the meaning of each value.
  public init(sent: Bytes = .zero, received: Bytes = .zero, messagesSent: Int = 0, reduced: Bytes = .zero) {
    self.sent = sent
    self.received = received
    self.messagesSent = messagesSent
    self.reduced = reduced
  }

  /// What was asked since an earlier moment.
  static func - (now: RankTraffic, before: RankTraffic) -> RankTraffic {
    RankTraffic(
      sent: now.sent - before.sent, received: now.received - before.received,
      messagesSent: now.messagesSent - before.messagesSent, reduced: now.reduced - before.reduced)
  }
}
