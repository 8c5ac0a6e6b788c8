import RealModule

/// How far a ``SoftmaxState`` can be from the exact one, d = Σ e^(sₐ−m) and n = Σ vₐ·e^(sₐ−m), for given logits.
public struct SoftmaxErrorBound: Hashable, Sendable {
  /// |d̂ − d| ≤ `denominator`·d + `underflow`; and |n̂ − n| ≤ `denominator`·V·d + `underflow`·max(1, V) for values of
  /// magnitude V at most.
  public let denominator: Double
  /// |n̂ − n| ≤ `numerator`·Σ |vₐ|·e^(sₐ−m) + `underflow`·max(1, V).
  public let numerator: Double
  /// What numbers below the normal ones lose, absolute.
  public let underflow: Double
  /// The unit roundoff.
  let roundoff: Double

  /// A bound on the error of every element of ``SoftmaxState/output``, |n̂/d̂ − n/d|, for values of magnitude V at most.
  ///
  /// With r and U the bounds above, d ≥ 1 and |n| ≤ V·d: (2r·V + 2U·max(1, V))/(1 − r − U), and u of the quotient.
  /// Infinite where not even the denominator's sign is certain.
  public func output(largestValue: Double) -> Double {
    let left = 1 - denominator - underflow
    guard left > 0 else { return .infinity }
    let error = (2 * denominator * largestValue + 2 * underflow * max(1, largestValue)) / left
    return error + roundoff * (largestValue + error) + underflow
  }
}

extension SoftmaxState {
  /// A forward error bound for any tree of ``merge(_:)`` and ``add(logit:value:)``; an add is a merge with the exact state
  /// (s, 1, v) of one key.
  ///
  /// With u the unit roundoff, and exponentials right to one unit in the last place (2u), a merge takes m exactly. The side
  /// that has it is multiplied by e⁰ = 1, exactly; the other by e^(mᵢ−m), whose argument is wrong by |mᵢ − m|·u, which the
  /// exponential makes a relative error, itself by 2u and its product by u; the sum adds u to both. So on its way to the
  /// root, through h merges, in r of which its side is rescaled, the contribution of key a gains the factor e^θₐ at most,
  ///
  ///     θₐ = (h + 3·r + Σ|mᵢ − m|)·u = (h + 3·r + yₐ)·u,   yₐ = m − sₐ,
  ///
  /// because the steps of the maximum add up to the key's depth yₐ below it, whatever the tree. Weighted with pₐ = e^(−yₐ)/d,
  /// Σ pₐ·yₐ = H(p) − log d ≤ log N (H is the entropy): great spreads are damped by the weights that they give, and the
  /// relative error of d is e^((h + 3r + min(log N, spread))·u) − 1. The numerator has the same weights times |vₐ|, which
  /// may stand only on the lightest keys, so relative to Σ |vₐ|·e^(−yₐ) it has the spread itself, as far as weights reach
  /// before they vanish.
  ///
  /// A chain of p merges has h = p − 1, a balanced tree h = ⌈log₂ p⌉: p·u against log p·u. Keys in random order raise the
  /// maximum about log p times, so r is small in a chain as well. Below the normal numbers η, the smallest number, takes
  /// the place of u: η·(k + 1) for each rescaling of k keys, N·(r + 1)·η in all.
  ///
  /// - Parameters:
  ///   - depth: The most merges or adds that a key goes through, h.
  ///   - rescales: The most of them that rescale the key's side, r; nil for all.
  ///   - keys: The number of keys, N.
  ///   - spread: The largest logit less the smallest, masked ones aside.
  public static func errorBound(
    depth: Int, rescales: Int? = nil, keys: Int, spread: Double = .infinity
  ) -> SoftmaxErrorBound {
    let roundoff = Double(Scalar.ulpOfOne) / 2
    // Further down exponentials vanish, which `underflow` covers.
    let deepest = -Double.log(Double(Scalar.leastNonzeroMagnitude)) + 1
    let reach = max(0, min(spread, deepest))
    let merges = Double(depth) + 3 * Double(min(rescales ?? depth, depth))
    func bound(_ meanDepth: Double) -> Double {
      // A mean of e^(u·y) is at most 1 + u·(mean y)·e^(u·largest y).
      Double.expMinusOne((merges + meanDepth * Double.exp(roundoff * reach)) * roundoff)
    }
    let levels = Double(min(rescales ?? depth, depth)) + 1
    return SoftmaxErrorBound(
      denominator: bound(min(Double.log(Double(max(keys, 1))), reach)), numerator: bound(reach),
      underflow: Double(keys) * levels * Double(Scalar.leastNonzeroMagnitude), roundoff: roundoff)
  }
}
