import RealModule

/// What a set of keys contributes to one head's attention: the online-softmax state (m, d, n).
///
/// For logits sₐ and values vₐ of the set, m = max sₐ, d = Σ e^(sₐ−m), n = Σ vₐ·e^(sₐ−m); the attention over the set is
/// n/d, and lse = m + log d (Milakov and Gimelshein, arXiv 1805.02867; Tree Attention, arXiv 2408.04093, section 4).
/// States of disjoint sets combine by ``merge(_:)``, which is associative and commutative up to rounding and has
/// ``init(width:)`` as its identity: the reason why attention is a reduction over a tree. Merging commutes to the bit; how
/// far two orders can differ is in ``errorBound(depth:rescales:keys:spread:)``.
///
/// **Special logits.** Minus infinity, as a mask gives, adds nothing, whatever the value. Plus infinity or NaN has no
/// softmax (∞ − ∞): it poisons the state, which is then NaN throughout, stays so through every merge, and shows in the
/// output; it is never passed over. Logits as far apart as finite numbers go are fine: the difference may become minus
/// infinity and its exponential zero, which is right to the last bit. Since every e^(logit − maximum) is 1 at most,
/// denominators cannot overflow; numerators do where Σ |value|·e^(logit − maximum) is past the largest number, and are
/// infinite then. Values must be finite: a weight of zero times infinity is NaN.
///
/// **Long sums.** A denominator near 2^24 in `Float` (2^53 in `Double`) is deaf to another weight of 1, so a chain of 2^25
/// equal keys ends with half of its denominator lost; the bound allows e^(h·u) − 1 for h merges in a row, e² − 1 there.
/// Over a balanced tree of the same keys h is 25, and all of them count.
public struct SoftmaxState<Scalar: Real & BinaryFloatingPoint & Sendable>: Hashable, Sendable {
  /// The largest logit; minus infinity for no keys.
  public var maximum: Scalar
  /// The sum of e^(logit − maximum).
  public var denominator: Scalar
  /// The sum of value · e^(logit − maximum), an element each.
  public var numerators: [Scalar]

  /// The state of no keys: the identity of ``merge(_:)``.
  ///
  /// - Parameter width: The value dim.
  public init(width: Int) {
    maximum = -.infinity
    denominator = 0
    numerators = [Scalar](repeating: 0, count: width)
  }

  /// Creates a state from its parts.
  public init(maximum: Scalar, denominator: Scalar, numerators: [Scalar]) {
    self.maximum = maximum
    self.denominator = denominator
    self.numerators = numerators
  }

  /// Adds one key: its logit and its value.
  ///
  /// A logit of minus infinity, as a mask gives, adds nothing; plus infinity or NaN poisons the state.
  public mutating func add(logit: Scalar, value: (Int) -> Scalar) {
    guard logit != -.infinity else { return }
    guard logit < .infinity, !isPoisoned else {
      poison()
      return
    }
    if logit > maximum {
      let factor = maximum > -.infinity ? Scalar.exp(maximum - logit) : 0
      denominator = denominator * factor + 1
      for index in numerators.indices { numerators[index] = numerators[index] * factor + value(index) }
      maximum = logit
    } else {
      let weight = Scalar.exp(logit - maximum)
      denominator += weight
      for index in numerators.indices { numerators[index] += weight * value(index) }
    }
  }

  /// Combines this state with that of a disjoint set of keys, for values of the same width.
  ///
  /// Either order gives the same bits, and the state of no keys changes nothing. What is poisoned poisons the result.
  public mutating func merge(_ other: SoftmaxState) {
    guard !isPoisoned, !other.isPoisoned else {
      poison()
      return
    }
    guard other.maximum > -.infinity else { return }
    guard maximum > -.infinity else {
      self = other
      return
    }
    let joint = max(maximum, other.maximum)
    let own = Scalar.exp(maximum - joint)
    let others = Scalar.exp(other.maximum - joint)
    denominator = denominator * own + other.denominator * others
    for index in numerators.indices {
      numerators[index] = numerators[index] * own + other.numerators[index] * others
    }
    maximum = joint
  }

  /// Whether a logit of the set was plus infinity or NaN, so that no softmax over it exists.
  public var isPoisoned: Bool { maximum.isNaN || maximum == .infinity || denominator.isNaN }

  private mutating func poison() {
    maximum = .nan
    denominator = .nan
    for index in numerators.indices { numerators[index] = .nan }
  }

  /// The log-sum-exp of the logits; minus infinity for no keys, NaN for a poisoned state.
  public var logSumExp: Scalar {
    if isPoisoned { return .nan }
    return denominator == 0 ? -.infinity : maximum + Scalar.log(denominator)
  }

  /// The attention over the set; zero for no keys, NaN for a poisoned state.
  public var output: [Scalar] {
    if isPoisoned { return numerators.map { _ in .nan } }
    return denominator == 0 ? numerators.map { _ in 0 } : numerators.map { $0 / denominator }
  }
}
