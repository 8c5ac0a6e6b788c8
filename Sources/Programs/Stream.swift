/// A queue of one rank's device: operations on it run one at a time, in program order.
public struct Stream: Hashable, Sendable {
  /// The number of the queue.
  public let index: UInt8

  /// Creates the name of a queue.
  @inlinable
  public init(_ index: UInt8) {
    self.index = index
  }

  /// The queue of kernels.
  public static let compute = Stream(0)
  /// The queue of sends: the copy engine or the sending half of a communication kernel.
  public static let send = Stream(1)
  /// The queue of receives.
  public static let receive = Stream(2)
  /// No queue: the operation starts as soon as its dependencies have finished, beside any number of others, as the
  /// stores of a one-shot all-reduce do.
  public static let unordered = Stream(255)

  /// How many queues a rank has.
  public static let count = 3
}
