import Quantities

/// Why ranks can't run over MPI, or no longer.
public enum MPIFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// The program was built without the package's trait.
  case notBuilt
  /// A message has not come in time.
  case noAnswer(rank: Int, timeout: Seconds, message: Int, peer: Int, isSend: Bool, operation: String, program: String)
  /// A message came with another size than its program gives it.
  case wrongSize(rank: Int, operation: String, found: Int, expected: Int)
  /// A program has more messages than the library has tags.
  case tooManyMessages(found: Int, most: Int)
  /// Another rank has told this one, rank 0, why it can't go on.
  case told(rank: Int, text: String)
  /// The library says that a call failed.
  case failedCall(rank: Int, call: String, reason: String)

  /// One sentence for a person.
  public var description: String {
    switch self {
    case .notBuilt:
      """
      this treeline was built without MPI; build it with: apt-get install libopenmpi-dev openmpi-bin && \
      swift build -c release --traits MPI --product treeline
      """
    case .noAnswer(let rank, let timeout, let message, let peer, let isSend, let operation, let program):
      """
      rank \(rank) has waited \(timeout) for message \(message) \(isSend ? "to" : "from") rank \(peer), which is dead, \
      stopped or slow: \(operation), of \(program); --mpi-timeout allows longer
      """
    case .wrongSize(let rank, let operation, let found, let expected):
      "rank \(rank) received \(found) bytes, expected \(expected): \(operation)"
    case .tooManyMessages(let found, let most):
      "a program has \(found) messages, expected at most the \(most) that this MPI has tags for"
    case .told(let rank, let text):
      "rank \(rank) can't go on: \(text)"
    case .failedCall(let rank, let call, let reason):
      "rank \(rank): \(call) failed: \(reason)"
    }
  }
}
