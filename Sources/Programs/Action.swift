/// What a kernel computes, for the executors that hold real data; the simulator reads only its amounts.
///
/// Which tokens the queries and keys of an attend kernel are of stands beside its operands: ``AttendedTokens``.
///
/// The comment of each case lists its operands, in order: the slices that it reads, an arrow, those that it writes.
public enum Action: Hashable, Sendable {
  /// Flash attention of the queries on one or more blocks of keys and values:
  /// queries, then keys and values of each block → partial output and LSE, or one slice that packs both a head and
  /// query token at a time, or a finished output. Values that are a view of the keys have an empty slice.
  case attend
  /// The same, folded into a running online-softmax state:
  /// queries, keys, values, state → state, where the state is two slices: numerators, and maxima then denominators.
  case attendInto
  /// n = o·e^(lse−m), d = e^(lse−m), in place: partial output, LSE (or one slice that packs both), maximum.
  case rescale
  /// z = n/d: numerators, denominators (or one slice that packs a state) → output.
  case normalise
  /// Combines two slices with an operator: target, source → target.
  case reduce(Reduction)
  /// Repeats each KV head for the query heads of its group: keys or values → expanded keys or values.
  case expandHeads
  /// Moves elements inside a device: source → target.
  case copy
  /// Starts a communication kernel, which pays the device's launch overhead and nothing else: no operands. The sends,
  /// receives and reductions of a collective run inside the one kernel that this starts.
  case launch

  /// The name of the action, for listings and traces.
  public var name: String {
    switch self {
    case .attend: "attend"
    case .attendInto: "attend into state"
    case .rescale: "rescale"
    case .normalise: "normalise"
    case .reduce(let reduction): "reduce \(reduction.rawValue)"
    case .expandHeads: "expand heads"
    case .copy: "copy"
    case .launch: "launch"
    }
  }
}
