import Configuration
import Fitting
import Quantities
import RealModule

extension KernelProfile {
  /// Reads a profile that `treeline calibrate` wrote.
  ///
  /// - Throws: ``ConfigurationError`` at the first thing wrong.
  public init(document: Document) throws(ConfigurationError) {
    // A profile of another kind has other keys: say so first.
    _ = try document.root.mapping().required("kind").name(
      among: ["kernel-profile"], noun: "kind of profile for kernels")
    let root = try document.root.mapping(allowed: [
      "kind", "treeline", "source", "license", "seed", "folds", "files", "devices", "groups", "shared", "transfer",
    ])
    var devices: [String: KernelDevice] = [:]
    for (name, field) in try root.required("devices").mapping().entries {
      devices[name] = try Self.device(name, field)
    }
    var groups: [CalibratedKernels] = []
    for field in try root.required("groups").list() { groups.append(try Self.group(field, devices)) }
    var shared: [KernelPhase: [KernelFamily: FittedParameters]] = [:]
    var transfer: [KernelPhase: [KernelSoftware: Double]] = [:]
    for (name, field) in try root.optional("shared")?.mapping(allowed: Self.phases).entries ?? [] {
      guard let phase = KernelPhase(rawValue: name) else { continue }
      shared[phase] = try Self.kernels(field, phase).fits
    }
    for (name, field) in try root.optional("transfer")?.mapping(allowed: Self.phases).entries ?? [] {
      guard let phase = KernelPhase(rawValue: name) else { continue }
      for (key, width) in try field.mapping(allowed: KernelSoftware.allCases.map(\.rawValue)).entries {
        guard let software = KernelSoftware(rawValue: key) else { continue }
        transfer[phase, default: [:]][software] = try width.number(in: 0...10)
      }
    }
    self.init(groups: groups, shared: shared, transfer: transfer)
  }

  private static let phases = KernelPhase.allCases.map(\.rawValue)

  private static func device(_ name: String, _ field: Field) throws(ConfigurationError) -> KernelDevice {
    let mapping = try field.mapping(allowed: [
      "multiprocessors", "gigahertz", "memory-bandwidth", "cache", "capability", "flops-per-cycle",
    ])
    let (sms, clock) = (
      try mapping.required("multiprocessors").integer(in: 1...4096),
      try mapping.required("gigahertz").number(in: 0.1...10)
    )
    let rate: BytesPerSecond = try mapping.required("memory-bandwidth").quantity()
    let cache: Bytes = try mapping.required("cache").quantity()
    let capability = try mapping.required("capability").integer(in: 70...999)
    let operations = try mapping.required("flops-per-cycle").number(in: 1...1e6)
    do {
      return try KernelDevice(
        name: name, multiprocessors: sms, gigahertz: clock, memoryBandwidth: rate, cache: cache, capability: capability,
        flopsPerCycle: operations)
    } catch {
      throw field.error("\(error)")
    }
  }

  private static func group(_ field: Field, _ devices: [String: KernelDevice]) throws(ConfigurationError)
    -> CalibratedKernels
  {
    let mapping = try field.mapping(allowed: [
      "phase", "device", "software", "version", "kernels", "cells", "residuals",
    ])
    let deviceField = try mapping.required("device")
    let name = try deviceField.name(among: devices.keys.sorted(), noun: "device")
    let phaseName = try mapping.required("phase").name(among: phases, noun: "phase")
    let softwareName = try mapping.required("software").name(
      among: KernelSoftware.allCases.map(\.rawValue), noun: "software")
    guard let device = devices[name], let phase = KernelPhase(rawValue: phaseName),
      let software = KernelSoftware(rawValue: softwareName)
    else { throw deviceField.error("found '\(name)', expected one of the devices") }
    let (fits, errors, tierOne) = try kernels(try mapping.required("kernels"), phase)
    var cells: [ErrorCell: ErrorInterval] = [:]
    for entry in try mapping.optional("cells")?.list() ?? [] {
      let (cell, interval) = try self.cell(entry)
      cells[cell] = interval
    }
    return CalibratedKernels(
      phase: phase, device: device, software: software, version: try mapping.required("version").string(), fits: fits,
      residuals: try residuals(mapping.optional("residuals")), cells: cells, families: errors,
      tierOne: tierOne)
  }

  private static func family(_ field: Field) throws(ConfigurationError) -> KernelFamily {
    let name = try field.name(among: KernelFamily.allCases.map(\.rawValue), noun: "kernel")
    return KernelFamily(rawValue: name) ?? .fa2
  }

  private static func kernels(_ field: Field, _ phase: KernelPhase) throws(ConfigurationError)
    -> (
      fits: [KernelFamily: FittedParameters], errors: [KernelFamily: ErrorInterval],
      tierOne: [KernelFamily: ErrorInterval]
    )
  {
    var fits: [KernelFamily: FittedParameters] = [:]
    var errors: [KernelFamily: ErrorInterval] = [:]
    var tierOne: [KernelFamily: ErrorInterval] = [:]
    for (name, entry) in try field.mapping(allowed: KernelFamily.allCases.map(\.rawValue)).entries {
      guard let family = KernelFamily(rawValue: name) else { continue }
      let mapping = try entry.mapping(allowed: ["rows", "range", "error", "tier-1-error", "parameters"])
      if let error = mapping.optional("error") { errors[family] = try interval(error.list(), error) }
      if let error = mapping.optional("tier-1-error") { tierOne[family] = try interval(error.list(), error) }
      fits[family] = try parameters(
        try mapping.required("parameters"), phase, rows: try mapping.required("rows").integer(in: 0...Int.max),
        range: try range(try mapping.required("range")))
    }
    return (fits, errors, tierOne)
  }

  private static func parameters(_ field: Field, _ phase: KernelPhase, rows: Int, range: ValidityRange)
    throws(ConfigurationError) -> FittedParameters
  {
    let all = ModelParameter.all(of: phase)
    let mapping = try field.mapping(allowed: all.map(\.name))
    let positive = 1e-12...1e12
    var (values, spreads, informed): ([Double], [Double], [Double]) = ([], [], [])
    for parameter in all {
      let entry = try mapping.required(parameter.name).mapping(allowed: [
        "value", "interval", "informed", "provenance",
      ])
      let value = try entry.required("value").number(in: positive)
      values.append(value)
      if let interval = entry.optional("interval") {
        guard let upper = try interval.list().last else { throw interval.error("found no end, expected two") }
        spreads.append(max(0, Double.log(try upper.number(in: positive) / value)) / 2.776)
      }
      if let share = entry.optional("informed") { informed.append(try share.number(in: 0...1)) }
    }
    guard let parameters = KernelParameters(phase: phase, values: values) else {
      throw field.error("found a value that is not positive, expected positive ones")
    }
    func whole(_ numbers: [Double]) -> [Double] { numbers.count == all.count ? numbers : [] }
    return FittedParameters(
      parameters: parameters, spreads: whole(spreads), informed: whole(informed), rows: rows, range: range)
  }

  private static func range(_ field: Field) throws(ConfigurationError) -> ValidityRange {
    let mapping = try field.mapping(allowed: [
      "batch", "query-heads", "kv-heads", "context", "head-dims", "windows", "element-bytes",
    ])
    func pair(_ key: String) throws(ConfigurationError) -> ClosedRange<Int> {
      let list = try mapping.required(key)
      let ends = try integers(list)
      guard ends.count == 2, ends[0] <= ends[1] else {
        throw list.error("found \(ends.count) numbers, expected two in ascending order")
      }
      return ends[0]...ends[1]
    }
    return ValidityRange(
      batch: try pair("batch"), queryHeads: try pair("query-heads"), kvHeads: try pair("kv-heads"),
      contextTokens: try pair("context"), headDims: Set(try integers(try mapping.required("head-dims"))),
      windows: Set(try integers(try mapping.required("windows"))),
      elementBytes: Set(try integers(try mapping.required("element-bytes"))))
  }

  private static func integers(_ field: Field) throws(ConfigurationError) -> [Int] {
    var numbers: [Int] = []
    for item in try field.list() { numbers.append(try item.integer(in: 0...Int.max)) }
    return numbers
  }

  private static func interval(_ items: [Field], _ field: Field) throws(ConfigurationError) -> ErrorInterval {
    guard items.count == 3 else { throw field.error("found \(items.count) values, expected low, high and rows") }
    let (low, high) = (try items[0].number(in: -50...50), try items[1].number(in: -50...50))
    guard low <= high else { throw field.error("found \(low) above \(high), expected low before high") }
    return ErrorInterval(low: low, high: high, rows: try items[2].integer(in: 0...Int.max))
  }

  private static func cell(_ field: Field) throws(ConfigurationError) -> (ErrorCell, ErrorInterval) {
    let items = try field.list()
    guard items.count == 7 else {
      throw field.error("found \(items.count) values, expected kernel, head dim, window, regime, low, high and rows")
    }
    let window = try items[2].name(among: ["full", "window"], noun: "window")
    let regime = try items[3].name(among: KernelRegime.allCases.map(\.rawValue), noun: "regime")
    let cell = ErrorCell(
      family: try family(items[0]), headDim: try items[1].integer(in: 1...1023), hasWindow: window == "window",
      regime: KernelRegime(rawValue: regime) ?? .floor)
    return (cell, try interval(Array(items[4...]), field))
  }

  private static func residuals(_ field: Field?) throws(ConfigurationError) -> ResidualModel {
    var nodes: [[(key: Int64, value: Double)]] = [[], [], []]
    for entry in try field?.list() ?? [] {
      let mapping = try entry.mapping(allowed: ["table", "kernel", "head-dim", "window", "nodes"])
      let table = try mapping.required("table").integer(in: 0...2)
      let family = try family(try mapping.required("kernel"))
      let headDim = try mapping.required("head-dim").integer(in: 1...1023)
      let window = try mapping.required("window").integer(in: 0...AttentionKernel.most)
      let grid = ResidualCoordinates.grid(family, headDim: headDim, window: window)
      let list = try mapping.required("nodes")
      guard let grid else { throw list.error("found a window of \(window), expected a power of two, or 0 for none") }
      for text in try list.string().split(separator: ",") {
        let numbers = text.split(separator: " ")
        guard numbers.count == 3, let first = Int(numbers[0]), let second = Int(numbers[1]),
          let value = Double(numbers[2]), abs(first) < 1000, abs(second) < 1000, abs(value) < 20
        else { throw list.error("found '\(text)', expected two whole numbers and a value for each node") }
        nodes[table].append((ResidualCell.key(grid: grid, first: first, second: second), value))
      }
    }
    return ResidualModel(tables: nodes.map { ResidualTable(firstStep: 0.5, secondStep: 1, nodes: $0) })
  }
}
