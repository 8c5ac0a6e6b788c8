import Quantities

/// How ranks exchange bytes in a step, for models that time whole collectives as a library runs them.
public enum Exchange: Hashable, Sendable {
  /// An all-reduce of so many bytes of each rank.
  case allReduce(Bytes)
  /// An all-gather after which each rank has so many bytes.
  case allGather(Bytes)
  /// A hop of a ring: each rank sends so many bytes to the next.
  case hop(Bytes)
}
