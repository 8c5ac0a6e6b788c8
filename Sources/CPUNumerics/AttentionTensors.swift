import Quantities
import RealModule
import Simulation
import Topologies
import Workloads

/// The queries, keys and values of one attention step, as numbers.
///
/// Shapes, with the last index running fastest: queries batch × query heads × query tokens × key dim; keys batch × KV heads × tokens ×
/// key dim; values batch × KV heads × tokens × value dim, empty where values are a view of the keys (MLA), whose first
/// value dim elements they are then.
public struct AttentionTensors<Scalar: Real & BinaryFloatingPoint & Sendable>: Sendable {
  /// The shapes.
  public let workload: AttentionWorkload
  /// The queries.
  public var queries: [Scalar]
  /// The keys.
  public var keys: [Scalar]
  /// The values; empty where they are a view of the keys.
  public var values: [Scalar]

  /// Creates tensors from their numbers, which must have the shapes of the workload.
  public init(workload: AttentionWorkload, queries: [Scalar], keys: [Scalar], values: [Scalar]) {
    self.workload = workload
    self.queries = queries
    self.keys = keys
    self.values = values
  }

  /// Draws tensors: standard normal values, and queries scaled so that logits have the standard deviation given.
  ///
  /// - Parameters:
  ///   - workload: The shapes.
  ///   - seed: Chooses the numbers; they do not depend on the number of ranks.
  ///   - spread: The standard deviation of the logits; the larger, the fewer keys matter.
  ///   - jobs: The most threads; changes no bit.
  public init(workload: AttentionWorkload, seed: UInt64, spread: Double = 1, jobs: Int = 1) {
    let shape = workload.shape
    let scale = spread / Double(shape.keyDim).squareRoot()
    self.workload = workload
    queries = Self.draw(
      workload.batch * workload.queryTokens * shape.queryElements, seed: seed, tensor: 1, scale: scale, jobs: jobs)
    keys = Self.draw(
      workload.batch * workload.tokens * shape.keyElementsPerToken, seed: seed, tensor: 2, scale: 1, jobs: jobs)
    values = Self.draw(
      workload.batch * workload.tokens * shape.valueElementsPerToken, seed: seed, tensor: 3, scale: 1, jobs: jobs)
  }

  /// Standard normal numbers times a scale, each drawn by its place.
  private static func draw(_ count: Int, seed: UInt64, tensor: UInt64, scale: Double, jobs: Int) -> [Scalar] {
    [Scalar](unsafeUninitializedCapacity: count) { numbers, initialized in
      initialized = count
      guard let base = numbers.baseAddress else { return }
      let turn = 1 << 16
      ParallelLoop(jobs: jobs).run((count + turn - 1) / turn) { part in
        for index in part * turn..<min((part + 1) * turn, count) {
          let bits = SeededHash.mix(seed, tensor, UInt64(index))
          let other = SeededHash.mix(bits, tensor, 0)
          let normal = StandardNormal(bits, other)
          (base + index).initialize(to: Scalar(scale * normal.radius * normal.cosine))
        }
      }
    }
  }

  /// The same numbers in another precision, rounded to nearest.
  public func converted<Other>(to type: Other.Type = Other.self) -> AttentionTensors<Other> {
    AttentionTensors<Other>(
      workload: workload, queries: queries.map { Other($0) }, keys: keys.map { Other($0) },
      values: values.map { Other($0) })
  }

  /// The largest magnitude of a value.
  var largestValue: Double {
    let values = workload.shape.valuesShareKeys ? keys : values
    return values.reduce(0) { max($0, Double(abs($1))) }
  }

  /// The most that a query's product with a key, or the sum of its terms' magnitudes, can be: by Cauchy and Schwarz, that
  /// of the longest of each.
  var largestProduct: Double { longest(queries) * longest(keys) }

  private func longest(_ vectors: [Scalar]) -> Double {
    let dim = workload.shape.keyDim
    return stride(from: 0, to: vectors.count, by: dim).map { start in
      vectors[start..<start + dim].reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    }.max() ?? 0
  }

  /// The keys and values of some tokens as a rank holds them: keys, then values, with the shapes above.
  public func cache(tokens: TokenRuns) -> [Scalar] {
    let rows = workload.batch * workload.shape.kvHeads
    return Self.slice(keys, tokens, of: workload.keys, rows: rows, width: workload.shape.keyDim)
      + Self.slice(values, tokens, of: workload.keys, rows: rows, width: workload.shape.valueDim)
  }

  /// The queries of some of the query tokens as a rank holds them, with the shape above.
  public func queries(tokens: TokenRuns) -> [Scalar] {
    Self.slice(
      queries, tokens, of: workload.queries, rows: workload.batch * workload.shape.queryHeads,
      width: workload.shape.keyDim)
  }

  /// Some tokens of a tensor of rows × tokens × width; nothing of an empty tensor.
  static func slice(
    _ tensor: [Scalar], _ tokens: TokenRuns, of all: TokenRuns, rows: Int, width: Int
  ) -> [Scalar] {
    guard !tensor.isEmpty else { return [] }
    var result: [Scalar] = []
    result.reserveCapacity(rows * tokens.count * width)
    let origin = all.lowest ?? 0
    for row in 0..<rows {
      for run in tokens.runs {
        let start = row * all.count + run.lowerBound - origin
        result += tensor[start * width..<(start + run.count) * width]
      }
    }
    return result
  }
}
