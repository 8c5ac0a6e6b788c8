import Quantities
import RealModule

/// The cases of a study of precision, in a fixed order, and what their outcomes say about the number of ranks.
public struct PrecisionGrid: Hashable, Sendable {
  /// The numbers of ranks, rising.
  public var ranks: [Int]
  /// The numbers of cached tokens.
  public var tokens: [Int]
  /// How queries, keys and values are stored, with the types of partial results.
  public var kinds: [Kind]
  /// The seeds; figures are medians over them.
  public var seeds: [UInt64]

  /// A storage format and a type of partial results.
  public struct Kind: Hashable, Sendable {
    /// How queries, keys and values are stored.
    public var format: CacheFormat
    /// The type of partial results.
    public var partialType: DataType

    /// Creates a kind.
    public init(format: CacheFormat, partialType: DataType) {
      self.format = format
      self.partialType = partialType
    }

    /// The name in tables, such as "bf16, partials fp32".
    public var name: String { "\(format.name), partials \(partialType.rawValue)" }

    /// Every format with fp32 partials, and with as narrow ones as a device has.
    public static let all: [Kind] = CacheFormat.allCases.flatMap { format in
      let narrow = PrecisionCase.narrow(format)
      return [Kind(format: format, partialType: narrow)]
        + (narrow == .fp32 ? [] : [Kind(format: format, partialType: .fp32)])
    }
  }

  /// Creates a grid.
  public init(ranks: [Int], tokens: [Int], kinds: [Kind] = Kind.all, seeds: [UInt64]) {
    self.ranks = ranks
    self.tokens = tokens
    self.kinds = kinds
    self.seeds = seeds
  }

  /// The cases: by tokens, kind, order, ranks, then seed.
  public var cases: [PrecisionCase] {
    lines.flatMap { line in ranks.flatMap { count in seeds.map { line.point(ranks: count, seed: $0) } } }
  }

  /// One curve over the number of ranks.
  public struct Line: Hashable, Sendable {
    /// The number of cached tokens.
    public var tokens: Int
    /// How numbers are stored.
    public var kind: Kind
    /// The order in which parts are combined.
    public var order: PrecisionCase.Order

    func point(ranks: Int, seed: UInt64) -> PrecisionCase {
      PrecisionCase(
        order: order, ranks: ranks, tokens: tokens, format: kind.format, partialType: kind.partialType, seed: seed)
    }
  }

  /// The curves.
  public var lines: [Line] {
    tokens.flatMap { count in
      kinds.flatMap { kind in PrecisionCase.Order.allCases.map { Line(tokens: count, kind: kind, order: $0) } }
    }
  }

  /// What a curve came to.
  public struct Curve: Hashable, Sendable {
    /// The curve.
    public var line: Line
    /// For each number of ranks the median over the seeds of the arithmetic's root mean square error.
    public var errors: [Double]
    /// The median over seeds of the storage's error, which ranks do not change.
    public var storage: Double
    /// The exponent x of the fit error ~ ranks^x by least squares on logarithms; nil for fewer than two points.
    public var exponent: Double?
    /// The largest error of any element, over its bound; above 1 is a bug.
    public var worstOverBound: Double
  }

  /// The curves of outcomes in the order of ``cases``.
  public func curves(of outcomes: [PrecisionStudy.Outcome]) -> [Curve] {
    lines.enumerated().map { index, line in
      let size = ranks.count * seeds.count
      let own = Array(outcomes[index * size..<(index + 1) * size])
      let errors = ranks.indices.map { place in
        OrderStatistics.median(own[place * seeds.count..<(place + 1) * seeds.count].map(\.arithmetic))
      }
      return Curve(
        line: line, errors: errors, storage: OrderStatistics.median(own.map(\.storage)), exponent: exponent(errors),
        worstOverBound: own.map { $0.worst / $0.bound }.max() ?? 0)
    }
  }

  private func exponent(_ errors: [Double]) -> Double? {
    let points = zip(ranks, errors).filter { $1 > 0 }.map { (Double.log(Double($0)), Double.log($1)) }
    guard points.count > 1 else { return nil }
    let count = Double(points.count)
    let (x, y) = points.reduce((0.0, 0.0)) { ($0.0 + $1.0 / count, $0.1 + $1.1 / count) }
    let spread = points.reduce(0) { $0 + ($1.0 - x) * ($1.0 - x) }
    guard spread > 0 else { return nil }
    return points.reduce(0) { $0 + ($1.0 - x) * ($1.1 - y) } / spread
  }
}
