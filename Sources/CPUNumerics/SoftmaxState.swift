import RealModule

/// What a set of keys contributes to one head's attention: the online-softmax state (m, d, n).
///
/// For logits sₐ and values vₐ of the set, m = max sₐ, d = Σ e^(sₐ−m), n = Σ vₐ·e^(sₐ−m); the attention over the set is
/// n/d, and lse = m + log d (Milakov and Gimelshein, arXiv 1805.02867; Tree Attention, arXiv 2408.04093, section 4).
/// States of disjoint sets combine by ``merge(_:)``, which is associative and commutative up to rounding and has
/// ``init(width:)`` as its identity: the reason why attention is a reduction over a tree.
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
  /// A logit of minus infinity, as a mask gives, adds nothing.
  public mutating func add(logit: Scalar, value: (Int) -> Scalar) {
    guard logit > -.infinity else { return }
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

  /// Combines this state with that of a disjoint set of keys.
  public mutating func merge(_ other: SoftmaxState) {
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

  /// The log-sum-exp of the logits; minus infinity for no keys.
  public var logSumExp: Scalar { denominator > 0 ? maximum + Scalar.log(denominator) : -.infinity }

  /// The attention over the set; zero for no keys.
  public var output: [Scalar] { denominator > 0 ? numerators.map { $0 / denominator } : numerators.map { _ in 0 } }
}
