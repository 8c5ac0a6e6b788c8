import Configuration
import Quantities
import Simulation

/// A number of a scenario that is fixed or drawn: a slow-down, a delay, an extra share of a kernel's time.
///
/// In files a number (`2x`), or one of
///
///     {uniform: [0s, 1ms]}
///     {exponential: 5%}
///     {normal: {mean: 1.1x, deviation: 0.05x}}
///     {log-normal: {median: 1us, sigma: 0.5}}
///
/// with parameters in a list or by name; the same as text, in files and on the command line: `uniform(0s,1ms)`.
public struct Draw: Hashable, Sendable {
  /// What it counts.
  public let measure: Measure
  /// How it is distributed, in factors, seconds or shares.
  public let distribution: Distribution

  /// The value that belongs to a seed and a key.
  ///
  /// No slow-down is below 1: what a normal or log-normal distribution has there counts as 1, and an exponential one
  /// starts there, so that its mean is the one asked for.
  public func sample(seed: UInt64, _ key: Int) -> Double {
    guard measure == .factor else { return distribution.sample(seed: seed, UInt64(key), 0) }
    if case .exponential(let mean) = distribution {
      return 1 + Distribution.exponential(mean: mean - 1).sample(seed: seed, UInt64(key), 0)
    }
    return max(1, distribution.sample(seed: seed, UInt64(key), 0))
  }

  /// Whether every sample is the same.
  public var isConstant: Bool {
    if case .exponential(let mean) = distribution, measure == .factor { return mean == 1 }
    return distribution.isConstant
  }

  private static let parameters = [
    "uniform": ["low", "high"], "exponential": ["mean"], "normal": ["mean", "deviation"],
    "log-normal": ["median", "sigma"],
  ]
  /// The names of the distributions, in the order of messages.
  private static let names = ["uniform", "exponential", "normal", "log-normal"]

  /// Reads a number or a distribution.
  ///
  /// - Throws: ``ConfigurationError`` when it is neither, or a parameter is out of range.
  init(_ field: Field, _ measure: Measure) throws(ConfigurationError) {
    self.measure = measure
    if field.isMapping {
      let mapping = try field.mapping(allowed: Self.names)
      guard let (name, value) = mapping.entries.first, mapping.entries.count == 1 else {
        throw field.error("expected one distribution: \(Self.names.joined(separator: ", "))")
      }
      distribution = try Self.distribution(name, try Self.parameters(of: name, in: value), measure, at: value)
      return
    }
    let text = NumberText.trim(try field.string())
    guard let open = text.firstIndex(of: "(") else {
      distribution = .constant(try measure.read(text, at: field))
      return
    }
    let name = NumberText.trim(String(text[..<open]))
    guard Self.names.contains(name), text.last == ")" else {
      throw field.error(
        "found '\(text)', expected a number or a distribution, such as uniform(0s,1ms)"
          + NearestName.suggestion(for: name, among: Self.names) + " (there are: \(Self.names.joined(separator: ", ")))"
      )
    }
    let inside = text[text.index(after: open)...].dropLast()
    let values = inside.split(separator: ",", omittingEmptySubsequences: false).map {
      (text: NumberText.trim(String($0)), field: field)
    }
    distribution = try Self.distribution(name, values, measure, at: field)
  }

  /// The parameters of a distribution in their order, given in a list, by name, or alone.
  private static func parameters(
    of name: String, in field: Field
  ) throws(ConfigurationError) -> [(text: String, field: Field)] {
    var fields: [Field] = []
    if field.isMapping {
      let expected = parameters[name] ?? []
      let mapping = try field.mapping(allowed: expected)
      for parameter in expected { fields.append(try mapping.required(parameter)) }
    } else {
      fields = field.isList ? try field.list() : [field]
    }
    var values: [(text: String, field: Field)] = []
    for field in fields { values.append((try field.string(), field)) }
    return values
  }

  private static func distribution(
    _ name: String, _ values: [(text: String, field: Field)], _ measure: Measure, at field: Field
  ) throws(ConfigurationError) -> Distribution {
    let expected = parameters[name] ?? []
    guard values.count == expected.count, let first = values.first, let last = values.last else {
      throw field.error(
        "found \(values.count) parameter\(values.count == 1 ? "" : "s") of \(name), expected "
          + expected.joined(separator: ", "))
    }
    let one = try measure.read(first.text, at: first.field)
    switch name {
    case "uniform":
      let high = try measure.read(last.text, at: last.field)
      guard one <= high else {
        throw last.field.error("found '\(last.text)', expected no less than \(measure.text(one)), the lower end")
      }
      return .uniform(low: one, high: high)
    case "exponential": return .exponential(mean: one)
    case "normal":
      return .normal(
        mean: one, deviation: try measure.read(last.text, at: last.field, in: 0...measure.range.upperBound))
    default:
      guard let sigma = Double(last.text), (0...largestSigma).contains(sigma) else {
        throw last.field.error(
          "found '\(last.text)', expected sigma, the deviation of the logarithm, a number from 0 to \(largestSigma)")
      }
      return .logNormal(median: one, sigma: sigma)
    }
  }

  /// At 3, one sample in a thousand is already ten thousand times the median.
  private static let largestSigma = 3.0

  /// The number or distribution as YAML.
  var text: String {
    switch distribution {
    case .constant(let value): measure.text(value)
    case .uniform(let low, let high): "{uniform: [\(measure.text(low)), \(measure.text(high))]}"
    case .exponential(let mean): "{exponential: \(measure.text(mean))}"
    case .normal(let mean, let deviation):
      "{normal: {mean: \(measure.text(mean)), deviation: \(measure.text(deviation))}}"
    case .logNormal(let median, let sigma):
      "{log-normal: {median: \(measure.text(median)), sigma: \(YAMLText.number(sigma))}}"
    }
  }
}
