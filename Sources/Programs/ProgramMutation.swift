/// A program with one change that makes it wrong, to see that checks find it.
public struct ProgramMutation: Sendable {
  /// What the change does.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// An attend kernel leaves a block of keys and values out.
    case skipsKeys = "skips keys"
    /// A block of keys and values is attended to twice. Where it is all there is, as on one rank, the output stays what it
    /// was: only the work is wrong.
    case repeatsKeys = "repeats keys"
    /// A message carries other elements of its buffer.
    case sendsOthers = "sends other bytes"
    /// A message's bytes land elsewhere in its buffer.
    case landsElsewhere = "lands elsewhere"
    /// Two slices are combined by another operator, or one replaces the other.
    case reducesOtherwise = "reduces otherwise"
    /// An operation does not wait for another that it shares elements with.
    case waitsForNothing = "waits for nothing"
    /// A message is neither sent nor received, and nobody waits for it.
    case dropsMessage = "drops a message"
    /// Two messages to different ranks arrive at each other's.
    case sendsToWrongRank = "sends to a wrong rank"
    /// Two messages to one rank arrive in each other's place.
    case swapsMessages = "swaps two messages"
    /// A buffer is freed while it may be in use.
    case freesEarly = "frees early"
    /// An attend kernel takes its queries, or a block of its keys, for those of other tokens, so that a query sees more of
    /// its keys or fewer.
    case mistakesPositions = "mistakes positions"
  }

  /// What the change does.
  public let kind: Kind
  /// What was changed and where, in one sentence.
  public let description: String
  /// The program, changed.
  public let program: Program
}
