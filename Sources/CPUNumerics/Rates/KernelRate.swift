import Quantities

/// How fast one kind of attention runs on this machine, beside what bounds it; both are timed in turns, so that whatever
/// else the machine does meets both alike.
public struct KernelRate: Hashable, Sendable {
  /// What a rate counts.
  public enum Unit: String, Hashable, Sendable {
    /// Bytes of keys and values.
    case bytesPerSecond = "B/s"
    /// Floating-point operations that the mask lets through.
    case flopsPerSecond = "FLOP/s"
  }

  /// What was timed, such as `decode bf16, 32 heads on 8, 16384 tokens`.
  public let name: String
  /// What the rates count.
  public let unit: Unit
  /// The rate of each repeat.
  public let rates: [Double]
  /// What the limit is: a plain read of the same bytes, or the same products by OpenBLAS.
  public let limit: String
  /// The limit's rate in each repeat.
  public let limitRates: [Double]

  /// Creates a rate from what was timed.
  ///
  /// - Parameters:
  ///   - name: What was timed.
  ///   - unit: What the rates count.
  ///   - rates: The rate of each repeat, at least one.
  ///   - limit: What the limit is.
  ///   - limitRates: Its rates, as many.
  public init(name: String, unit: Unit, rates: [Double], limit: String, limitRates: [Double]) {
    self.name = name
    self.unit = unit
    self.rates = rates
    self.limit = limit
    self.limitRates = limitRates
  }

  /// The median rate.
  public var median: Double { OrderStatistics.median(rates) }
  /// The limit's median rate.
  public var limitMedian: Double { OrderStatistics.median(limitRates) }
  /// The median of the ratios of neighbouring repeats.
  public var ofLimit: Double { OrderStatistics.median(zip(rates, limitRates).map { $0 / $1 }) }
}

/// Measures the fast path on this machine.
public struct KernelRates: Sendable {
  /// The cached tokens of decode steps.
  public let tokens: Int
  /// The tokens of prefill, each with a query.
  public let prefillTokens: Int
  /// How often each is timed, after one run that warms up.
  public let repeats: Int
  /// The threads.
  public let jobs: Int
  private let products: MatrixProducts

  /// Describes a measurement; every number is at least 1.
  public init(tokens: Int, prefillTokens: Int, repeats: Int, jobs: Int, products: MatrixProducts) {
    self.tokens = tokens
    self.prefillTokens = prefillTokens
    self.repeats = repeats
    self.jobs = jobs
    self.products = products
  }

  private static let dim = 128
  private static let prefillHeads = 16
  private static let heads = [(query: 16, kv: 16), (query: 32, kv: 8)]

  /// The figures that ``measured(progress:)`` gives.
  public var count: Int { Self.heads.count * KernelCheck.types.count + 1 }

  /// Measures decode by format with and without grouped heads, then causal prefill.
  ///
  /// - Parameter progress: Is told how many figures of ``count`` are there.
  public func measured(progress: (Int) -> Void = { _ in }) throws(FastAttentionError) -> [KernelRate] {
    var found: [KernelRate] = []
    for heads in Self.heads {
      for type in KernelCheck.types {
        found.append(try decode(type, query: heads.query, kv: heads.kv))
        progress(found.count)
      }
    }
    found.append(try prefill())
    progress(found.count)
    return found
  }

  private func decode(_ type: DataType, query: Int, kv: Int) throws(FastAttentionError) -> KernelRate {
    let load = try DecodeLoad(
      type: type, queryHeads: query, kvHeads: kv, dim: Self.dim, tokens: tokens, jobs: jobs)
    // Which loads read fastest differs between processors: the better of them is what the machine can do.
    let readers = Set([KernelVariant.widest, .avx2].filter(\.isAvailable))
    var rates: [Double] = []
    var limits: [Double] = []
    let bytes = Double(load.bytes.count)
    for turn in 0...repeats {
      let own = try Self.seconds { () throws(FastAttentionError) in try load.attend() }
      var fastest = Double.infinity
      for reader in readers {
        fastest = min(fastest, try Self.seconds { () throws(FastAttentionError) in load.read(reader) })
      }
      guard turn > 0 else { continue }
      rates.append(bytes / own)
      limits.append(bytes / fastest)
    }
    let name = query == kv ? "\(query) heads" : "\(query) heads on \(kv)"
    return KernelRate(
      name: "decode \(type), \(name), \(tokens) tokens", unit: .bytesPerSecond, rates: rates, limit: "plain read",
      limitRates: limits)
  }

  private func prefill() throws(FastAttentionError) -> KernelRate {
    let load = try PrefillLoad(
      heads: Self.prefillHeads, dim: Self.dim, tokens: prefillTokens, jobs: jobs, products: products)
    var rates: [Double] = []
    var limits: [Double] = []
    for turn in 0...repeats {
      let own = try Self.seconds { () throws(FastAttentionError) in load.attend() }
      let limit = try Self.seconds { () throws(FastAttentionError) in load.multiply() }
      guard turn > 0 else { continue }
      rates.append(load.work.count / own)
      limits.append(load.productWork.count / limit)
    }
    return KernelRate(
      name: "prefill fp32, \(Self.prefillHeads) heads, \(prefillTokens) tokens", unit: .flopsPerSecond, rates: rates,
      limit: "sgemm", limitRates: limits)
  }

  /// How long a piece of work takes. What it returns is looked at, so that it is not left out.
  private static func seconds(_ body: () throws(FastAttentionError) -> Float) throws(FastAttentionError) -> Double {
    let clock = ContinuousClock()
    let start = clock.now
    let result = try body()
    let time = (clock.now - start) / .seconds(1)
    return result.isNaN ? .infinity : time
  }
}
