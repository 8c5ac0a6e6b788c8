import Quantities
import RealModule

/// The parts of a time in microseconds, as the inner loops keep them.
struct TermValues {
  var total: Double
  var floor: Double
  var throughput: Double
  var chain: Double
  var memory: Double

  var terms: KernelTerms {
    func seconds(_ microseconds: Double) -> Seconds { Seconds(microseconds * 1e-6) }
    return KernelTerms(
      total: seconds(total), floor: seconds(floor), throughput: seconds(throughput), chain: seconds(chain),
      memory: seconds(memory))
  }

  /// The clock at which costs that scale with the clock are quoted, in GHz.
  static let referenceClock = 1.6

  /// (x^p + y^p + z^p)^(1/p) without leaving the range of a `Double`.
  static func norm(_ x: Double, _ y: Double, _ z: Double, _ p: Double) -> Double {
    let most = max(x, y, z)
    guard most > 0 else { return 0 }
    func share(_ term: Double) -> Double {
      term == most ? 1 : term > 0 ? Double.exp(p * Double.log(term / most)) : 0
    }
    let sum = share(x) + share(y) + share(z)
    return most * Double.exp(Double.log(sum) / p)
  }

  /// (x^p + y^p)^(1/p).
  static func norm(_ x: Double, _ y: Double, _ p: Double) -> Double {
    norm(x, y, 0, p)
  }
}
