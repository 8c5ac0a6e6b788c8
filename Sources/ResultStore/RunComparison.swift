import Quantities

/// Two runs side by side: which inputs and settings differ, and every metric of either.
public struct RunComparison: Sendable, Hashable {
  /// A metric that is in either run.
  public struct Metric: Sendable, Hashable {
    /// The label of the result.
    public let label: String
    /// What the figure is.
    public let name: String
    /// What part it is of.
    public let scope: String
    /// The figure in the first run, nil where it has none.
    public let first: MetricRecord?
    /// The figure in the second run, nil where it has none.
    public let second: MetricRecord?

    /// The second less the first, in their unit; nil unless both are there in one unit.
    public var difference: MetricValue? {
      guard let first, let second, first.unit == second.unit else { return nil }
      return second.value.difference(from: first.value)
    }

    /// The second over the first; nil unless both are there in one unit, or when the first is zero.
    public var ratio: Double? {
      guard let first, let second, first.unit == second.unit, first.value.real != 0 else { return nil }
      return second.value.real / first.value.real
    }
  }

  /// An input that is not the same text in both runs.
  public struct Input: Sendable, Hashable {
    /// What the text describes.
    public let kind: String
    /// The input of the first run, nil where it has none of the kind.
    public let first: InputRecord?
    /// The input of the second run, nil where it has none of the kind.
    public let second: InputRecord?

    /// The lines that lead from the first text to the second.
    public var diff: LineDiff {
      LineDiff(from: first?.text ?? "", to: second?.text ?? "")
    }
  }

  /// A setting of the run, or of a result, that differs.
  public struct Setting: Sendable, Hashable {
    /// The name of the setting, such as `tokens`, or `ring: options` for that of a result.
    public let name: String
    /// Its text in the first run, nil where it is not set.
    public let first: String?
    /// Its text in the second run, nil where it is not set.
    public let second: String?
  }

  /// The inputs that differ.
  public let inputs: [Input]
  /// The settings that differ.
  public let settings: [Setting]
  /// Every metric of either run: those of the first in its order, then those of the second alone.
  public let metrics: [Metric]

  /// Compares two runs.
  ///
  /// Results are matched by label, and the second of a label with the second. Metrics of two matched results are matched
  /// by name, scope and provenance; one left over on either side with the same name and scope makes a pair all the same,
  /// so that a simulated figure stands beside a measured one.
  public init(_ first: StoredRun, _ second: StoredRun) {
    inputs = Self.inputs(first.inputs, second.inputs)
    let results = Self.pairs(first.results, second.results, by: \.label)
    settings =
      Self.settings(first.run, second.run) + results.flatMap { Self.settings($0.first, $0.second) }
    metrics = results.flatMap { Self.metrics($0.first, $0.second) }
  }

  private static func inputs(_ first: [InputRecord], _ second: [InputRecord]) -> [Input] {
    let onlyFirst = first.filter { input in !second.contains { $0.hash == input.hash } }
    let onlySecond = second.filter { input in !first.contains { $0.hash == input.hash } }
    return pairs(onlyFirst, onlySecond, by: \.kind).map { first, second in
      Input(kind: (first ?? second)?.kind ?? "", first: first, second: second)
    }
  }

  private static func settings(_ first: RunRecord, _ second: RunRecord) -> [Setting] {
    let settings: [(String, (RunRecord) -> String?)] = [
      ("kind", { $0.kind }), ("command", { $0.command }), ("treeline version", { $0.treelineVersion }),
      ("seed", { $0.seed.map(String.init) }), ("tokens", { $0.tokens.map(String.init) }),
      ("query tokens", { $0.queryTokens.map(String.init) }), ("mask", { $0.mask }),
      ("batch", { $0.batch.map(String.init) }), ("world size", { $0.worldSize.map(String.init) }),
      ("dtype", { $0.dtype }), ("note", { $0.note }),
    ]
    return settings.compactMap { name, text in
      text(first) == text(second) ? nil : Setting(name: name, first: text(first), second: text(second))
    }
  }

  private static func settings(_ first: ResultRecord?, _ second: ResultRecord?) -> [Setting] {
    guard let first, let second else {
      let label = (first ?? second)?.label ?? ""
      return [Setting(name: "\(label): status", first: first?.status.rawValue, second: second?.status.rawValue)]
    }
    return [
      ("algorithm", first.algorithm, second.algorithm), ("options", first.options, second.options),
      ("status", first.status.rawValue, second.status.rawValue),
    ].compactMap { name, left, right in
      left == right ? nil : Setting(name: "\(first.label): \(name)", first: left, second: right)
    }
  }

  private static func metrics(_ first: ResultRecord?, _ second: ResultRecord?) -> [Metric] {
    let label = (first ?? second)?.label ?? ""
    let same = pairs(first?.metrics ?? [], second?.metrics ?? []) { [$0.name, $0.scope, $0.provenance.rawValue] }
    // Of what has no partner of its own provenance, one figure on either side makes a pair.
    let open = same.filter { $0.first == nil || $0.second == nil }
    let openFirst = Dictionary(grouping: open.compactMap(\.first)) { [$0.name, $0.scope] }.filter {
      $0.value.count == 1
    }
    let openSecond = Dictionary(grouping: open.compactMap(\.second)) { [$0.name, $0.scope] }.filter {
      $0.value.count == 1
    }
    return same.compactMap { first, second in
      guard let either = first ?? second else { return nil }
      let key = [either.name, either.scope]
      var partner = second
      if second == nil, openFirst[key] != nil { partner = openSecond[key]?.first }
      if first == nil, openSecond[key] != nil, openFirst[key] != nil { return nil }
      return Metric(label: label, name: either.name, scope: either.scope, first: first, second: partner)
    }
  }

  /// Pairs the elements of two lists by a key, the n-th of a key with the n-th: those of the first in order, then
  /// those of the second alone.
  private static func pairs<Element, Key: Hashable>(
    _ first: [Element], _ second: [Element], by key: (Element) -> Key
  ) -> [(first: Element?, second: Element?)] {
    var waiting = Dictionary(grouping: second.indices.reversed()) { key(second[$0]) }
    var paired: [(first: Element?, second: Element?)] = []
    var taken: Set<Int> = []
    for element in first {
      let partner = waiting[key(element)]?.popLast()
      if let partner { taken.insert(partner) }
      paired.append((element, partner.map { second[$0] }))
    }
    return paired + second.indices.filter { !taken.contains($0) }.map { (nil, second[$0]) }
  }
}
