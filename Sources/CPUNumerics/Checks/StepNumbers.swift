import Quantities
import Workloads

/// The numbers of a decode step on devices, rounded to the type of its cache, and what heads must give of them.
public struct StepNumbers: Sendable {
  /// The step, with one query token.
  public let workload: AttentionWorkload
  private let tensors: AttentionTensors<Float>

  /// Draws numbers: standard normal ones, and queries for logits of a standard deviation of 1.
  ///
  /// - Parameters:
  ///   - workload: The step.
  ///   - seed: Chooses the numbers.
  ///   - jobs: The most threads; changes no bit.
  public init(workload: AttentionWorkload, seed: UInt64, jobs: Int) {
    self.workload = workload
    let drawn = AttentionTensors<Float>(workload: workload, seed: seed, jobs: jobs)
    let format = NumberFormat(workload.type)
    func rounded(_ numbers: [Float]) -> [Float] {
      [Float](unsafeUninitializedCapacity: numbers.count) { target, initialized in
        initialized = numbers.count
        guard let base = target.baseAddress else { return }
        nonisolated(unsafe) let start = base
        let turn = 1 << 16
        ParallelLoop(jobs: jobs).run((numbers.count + turn - 1) / turn) { part in
          for place in part * turn..<min((part + 1) * turn, numbers.count) {
            (start + place).initialize(to: format.round(numbers[place]))
          }
        }
      }
    }
    tensors = AttentionTensors(
      workload: workload, queries: rounded(drawn.queries), keys: rounded(drawn.keys), values: rounded(drawn.values))
  }

  /// The queries of some of the query tokens, as a rank holds them.
  public func queries(tokens: TokenRuns) -> [Float] { tensors.queries(tokens: tokens) }

  /// The keys, then the values, of some tokens, as a rank holds them.
  public func cache(tokens: TokenRuns) -> [Float] { tensors.cache(tokens: tokens) }

  /// What the heads that are compared must give.
  ///
  /// - Parameter jobs: The most threads; changes no bit.
  /// - Returns: The head, counted over all sequences, and its reference.
  public func references(jobs: Int) -> [(row: Int, reference: DeviceReference)] {
    let shape = workload.shape
    let (rows, tokens, group) = (workload.batch * shape.queryHeads, workload.tokens, shape.queryHeads / shape.kvHeads)
    let looked = DeviceReference.comparedRows(of: rows, tokens: tokens)
    let operand = NumberFormat(workload.type)
    let found = ParallelLoop(jobs: jobs).map(looked.count) { index in
      let (row, cached) = (looked[index], looked[index] / group)
      func doubles(_ numbers: [Float], _ width: Int) -> [Double] {
        numbers[cached * tokens * width..<(cached + 1) * tokens * width].map { Double($0) }
      }
      let keys = doubles(tensors.keys, shape.keyDim)
      let values =
        shape.valuesShareKeys
        ? (0..<tokens).flatMap { keys[$0 * shape.keyDim..<$0 * shape.keyDim + shape.valueDim] }
        : doubles(tensors.values, shape.valueDim)
      return DeviceReference(
        query: tensors.queries[row * shape.keyDim..<(row + 1) * shape.keyDim].map { Double($0) }, keys: keys,
        values: values, operand: operand)
    }
    return Array(zip(looked, found))
  }
}
