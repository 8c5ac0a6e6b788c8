import RealModule
import Simulation
import Topologies
import Workloads

/// Checks the theory of Tree Attention on random numbers: that attention is the gradient of an energy, the extremum of a
/// Legendre transform, a step of a Hopfield network, and a reduction; each to the rounding and truncation that it has.
///
///     let rows = TheoryCheck(seed: 1, heads: 4, tokens: 128, headDim: 16).residuals()
///     rows.allSatisfy(\.passes)
///
/// No bound is guessed: each is computed from the numbers at hand by a formula whose derivation stands where it is
/// written (``EnergyHead``, ``CentralDifference``, ``HopfieldNetwork``, ``SoftmaxState``).
public struct TheoryCheck: Hashable, Sendable {
  /// Chooses the numbers.
  public let seed: UInt64
  /// The number of heads, at least 1.
  public let heads: Int
  /// The number of keys, and of positions of the causal sequence; at least 1.
  public let tokens: Int
  /// The elements of a query, a key and a value; at least 1.
  public let headDim: Int

  /// The standard deviation of the logits: some keys matter much more than others, and many matter.
  static let spread = 2.0

  /// Describes a check.
  ///
  /// - Parameters:
  ///   - seed: Chooses the numbers.
  ///   - heads: The number of heads, at least 1.
  ///   - tokens: The number of keys and positions, at least 1.
  ///   - headDim: The elements of a query, a key and a value, at least 1.
  public init(seed: UInt64, heads: Int, tokens: Int, headDim: Int) {
    self.seed = seed
    self.heads = heads
    self.tokens = tokens
    self.headDim = headDim
  }

  /// Multiplications that the causal sequence takes, within a factor of a few: heads · tokens² · head dim².
  public var work: Double {
    let perHead = Double(tokens) * Double(tokens) * Double(headDim) * Double(headDim)
    return Double(heads) * perHead
  }

  /// What the command line must say to check the same again.
  public var reproduction: String {
    "treeline check theory --seed \(seed) --heads \(heads) --tokens \(tokens) --head-dim \(headDim)"
  }

  /// Every check, in a fixed order.
  public func residuals() -> [Residual] {
    let sequence = CausalSequence(self)
    return gradientRows(sequence) + extremumRows(sequence) + hopfieldRows() + shiftRows(sequence)
      + reductionRows(sequence)
  }

  /// An empty row of this check.
  func row(_ name: String, source: String) -> WorstResidual {
    WorstResidual(name, source: source, reproduction: reproduction)
  }

  /// Standard normal numbers, drawn by their place in a stream.
  func normals(_ count: Int, stream: UInt64) -> [Double] {
    (0..<count).map { index in
      let bits = SeededHash.mix(seed, stream, UInt64(index))
      let other = SeededHash.mix(bits, stream, 1)
      return StandardNormal(bits, other).value
    }
  }

  /// ζ = 0.
  var origin: [Double] { [Double](repeating: 0, count: headDim) }
}

/// Heads of a causal sequence: a query for every position, which sees the keys up to its own.
struct CausalSequence {
  let heads: Int
  let tokens: Int
  let headDim: Int
  /// Queries are heads × tokens; the queries of a head share its keys, as grouped queries do.
  private let tensors: AttentionTensors<Double>
  private let values: [[Double]]

  init(_ check: TheoryCheck) {
    (heads, tokens, headDim) = (check.heads, check.tokens, check.headDim)
    let shape = AttentionShape(queryHeads: heads * tokens, kvHeads: heads, keyDim: headDim)
    tensors = AttentionTensors(
      workload: AttentionWorkload(shape: shape, batch: 1, tokens: tokens, type: .fp32), seed: check.seed,
      spread: TheoryCheck.spread)
    let size = tokens * headDim
    values = (0..<heads).map { [tensors = self.tensors] head in Array(tensors.values[head * size..<(head + 1) * size]) }
  }

  /// The energy of one head at one position over its prefix of keys.
  func head(_ head: Int, position: Int) -> EnergyHead {
    let query = (head * tokens + position) * headDim
    let logits = (0...position).map { token -> Double in
      var sum = CompensatedSum<Double>()
      let key = (head * tokens + token) * headDim
      for element in 0..<headDim { sum.add(tensors.queries[query + element] * tensors.keys[key + element]) }
      return sum.total
    }
    return EnergyHead(logits: logits, values: values[head], width: headDim)
  }

  /// The energies at the last position, which sees every key: those of a decode step.
  var decode: [EnergyHead] { (0..<heads).map { head($0, position: tokens - 1) } }

  /// The numbers of the decode step at the last position.
  var decodeTensors: AttentionTensors<Double> {
    let shape = AttentionShape(queryHeads: heads, kvHeads: heads, keyDim: headDim)
    var queries: [Double] = []
    for head in 1...heads {
      let end = head * tokens * headDim
      queries += tensors.queries[end - headDim..<end]
    }
    return AttentionTensors(
      workload: AttentionWorkload(shape: shape, batch: 1, tokens: tokens, type: .fp32), queries: queries,
      keys: tensors.keys, values: tensors.values)
  }
}
