import Configuration
import Fitting
import Quantities
import RealModule

extension CollectiveProfile {
  /// Reads a profile that `treeline calibrate` wrote.
  ///
  /// - Throws: ``ConfigurationError`` at the first thing wrong.
  public init(document: Document) throws(ConfigurationError) {
    // Of another kind of profile it is the kind that is wrong, not its keys.
    _ = try document.root.mapping().required("kind").name(among: ["collective-profile"], noun: "kind")
    let root = try document.root.mapping(allowed: [
      "kind", "treeline", "source", "license", "seed", "files", "intervals", "parameters", "measured",
    ])
    var cells: [CollectiveIntervals.Cell: ErrorInterval] = [:]
    let names = CollectiveIntervals.Cell.allCases.map(\.rawValue)
    for (name, field) in try root.required("intervals").mapping(allowed: names).entries {
      guard let cell = CollectiveIntervals.Cell(rawValue: name) else { continue }
      cells[cell] = try Self.interval(field)
    }
    var groups: [SizeResiduals.Group] = []
    for field in try root.required("measured").list() { groups.append(try Self.group(field)) }
    self.init(
      parameters: try Self.parameters(try root.required("parameters")), residuals: SizeResiduals(groups: groups),
      intervals: CollectiveIntervals(cells: cells))
  }

  private static func interval(_ field: Field) throws(ConfigurationError) -> ErrorInterval {
    let items = try field.list()
    guard items.count == 3 else { throw field.error("found \(items.count) values, expected low, high and rows") }
    let (low, high) = (try items[0].number(in: -50...50), try items[1].number(in: -50...50))
    guard low <= high else { throw field.error("found \(low) above \(high), expected low before high") }
    return ErrorInterval(low: low, high: high, rows: try items[2].integer(in: 0...Int.max))
  }

  private static func parameters(_ field: Field) throws(ConfigurationError) -> CollectiveParameters {
    let all = CollectiveParameter.allCases
    let mapping = try field.mapping(allowed: all.map(\.rawValue))
    var common: [CollectiveParameters.Value] = []
    var classes: [CollectiveParameter: [ClassKey: CollectiveParameters.Value]] = [:]
    for parameter in all {
      let keys = ClassKey.all.filter { key in
        if case .network = key { parameter.isOfNetwork } else { !parameter.isOfNetwork }
      }
      let entry = try mapping.required(parameter.rawValue).mapping(allowed: ["common"] + keys.map(\.name))
      common.append(try value(try entry.required("common")))
      for key in keys {
        if let field = entry.optional(key.name) { classes[parameter, default: [:]][key] = try value(field) }
      }
    }
    return CollectiveParameters(common: common, classes: classes)
  }

  private static func value(_ field: Field) throws(ConfigurationError) -> CollectiveParameters.Value {
    let mapping = try field.mapping(allowed: ["value", "interval", "informed", "rows", "provenance"])
    let positive = 1e-12...1e12
    let value = try mapping.required("value").number(in: positive)
    var spread = 0.0
    if let interval = mapping.optional("interval") {
      guard let upper = try interval.list().last else { throw interval.error("found no end, expected two") }
      spread = max(0, Double.log(try upper.number(in: positive) / value)) / 1.96
    }
    return CollectiveParameters.Value(
      value: value, spread: spread, informed: try mapping.optional("informed")?.number(in: 0...1) ?? 0,
      rows: try mapping.optional("rows")?.integer(in: 0...Int.max) ?? 0)
  }

  private static func group(_ field: Field) throws(ConfigurationError) -> SizeResiduals.Group {
    let mapping = try field.mapping(allowed: [
      "gpu", "interconnect", "software", "collective", "nodes", "curves",
    ])
    let name = try mapping.required("collective").name(
      among: CollectiveKind.allCases.map(\.rawValue), noun: "collective")
    let nodes = try mapping.required("nodes").integer(in: 1...1 << 20)
    let (gpu, interconnect) = (
      try mapping.required("gpu").string(), try mapping.required("interconnect").string()
    )
    var curves: [Int: SizeCurve] = [:]
    for entry in try mapping.required("curves").list() {
      let (gpus, curve) = try curve(entry)
      do {
        _ = try CollectiveMachine(gpu: gpu, interconnect: interconnect, gpus: gpus, nodes: nodes)
      } catch {
        throw entry.error("\(error)")
      }
      curves[gpus] = curve
    }
    return SizeResiduals.Group(
      gpu: gpu, interconnect: interconnect, software: try mapping.required("software").string(),
      collective: CollectiveKind(rawValue: name) ?? .allReduce, nodes: nodes, curves: curves)
  }

  private static func curve(_ field: Field) throws(ConfigurationError) -> (gpus: Int, curve: SizeCurve) {
    let mapping = try field.mapping(allowed: ["gpus", "octaves", "rows", "first", "residuals"])
    let octaves = try mapping.required("octaves")
    let ends = try octaves.list()
    guard ends.count == 2 else { throw octaves.error("found \(ends.count) values, expected the least and the most") }
    let (least, most) = (try ends[0].number(in: 0...63), try ends[1].number(in: 0...63))
    guard least <= most else { throw octaves.error("found \(least) above \(most), expected the least first") }
    let list = try mapping.required("residuals")
    var values: [Double] = []
    for text in try list.string().split(separator: " ") {
      guard let value = Double(text), abs(value) < 20 else {
        throw list.error("found '\(text)', expected a number for each octave")
      }
      values.append(value)
    }
    let first = try mapping.required("first").integer(in: 0...63)
    let expected = Int(most.rounded(.up)) - first + 1
    guard values.count == expected, Double(first) <= least else {
      throw list.error("found \(values.count) values, expected one for each octave from \(first) on, \(expected)")
    }
    return (
      try mapping.required("gpus").integer(in: 2...1 << 30),
      SizeCurve(
        least: least, most: most, rows: try mapping.required("rows").integer(in: 0...Int.max), first: first,
        values: values)
    )
  }
}
