import Foundation
import Quantities
import Simulation
import Topologies

/// How times are drawn from the intervals of fitted models.
///
/// The logarithm of a time is taken as normal, with the ends of its 80 % interval where they are. Draws are stratified (Latin
/// hypercube sampling, McKay, Beckman and Conover 1979): each replication takes its own slice of the distribution, in an
/// order that the seed chooses.
public enum FittedTime {
  /// The replications unless asked otherwise.
  public static let defaultReplications = 25
  /// The most replications.
  public static let mostReplications = 10_000

  /// The deviate of the 90th percentile, at which an 80 % interval ends.
  private static let endOfInterval = StandardNormal.quantile(0.9)

  /// The time at a quantile of an interval.
  ///
  /// - Parameters:
  ///   - deviate: The standard normal deviate: 0 is the middle of the interval.
  ///   - low: The lower end of the interval, above zero.
  ///   - high: The upper end.
  static func at(_ deviate: Double, low: Seconds, high: Seconds) -> Seconds {
    guard low > .zero else { return high }
    let (bottom, top) = (log(low.seconds), log(high.seconds))
    return Seconds(exp((bottom + top) / 2 + (top - bottom) / 2 * deviate / endOfInterval))
  }

  /// For each replication the standard normal deviate of each of several independent errors.
  ///
  /// - Parameters:
  ///   - count: How many replications there are.
  ///   - errors: How many errors.
  ///   - seed: Chooses which replication draws what.
  ///   - purpose: Keeps the draws of different models apart.
  static func deviates(replications count: Int, errors: Int, seed: UInt64, purpose: UInt64) -> [[Double]] {
    let orders = (0..<errors).map { error in
      let key = purpose &* 0x1_0000 &+ UInt64(error) &+ 1
      return (0..<count).sorted {
        (SeededHash.mix(seed, key, UInt64($0)), $0) < (SeededHash.mix(seed, key, UInt64($1)), $1)
      }
    }
    return (0..<count).map { replication in
      orders.map { StandardNormal.quantile((Double($0[replication]) + 0.5) / Double(count)) }
    }
  }
}
