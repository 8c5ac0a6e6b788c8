import Quantities

/// Bandwidth of memory against occupancy.
struct MemoryStreamSchema: TableSchema {
  static let format = MeasurementFormat.memoryStream
  private static let operations = ["init", "read", "scale", "triad", "stencil3", "stencil5"]
  static let headers = [
    ["source", "hardware", "gpus", "blocksize", "threads", "occupancy_pct"] + operations.map { $0 + "_GBps" }
  ]

  init(header: [String]) {}

  func read(_ row: TableRow) throws(RowProblem) -> (says: [Measurement], identity: AnyHashable) {
    let hardware = try row.required("hardware")
    let scope =
      "block size \(try row.integer("blocksize", in: 1...1 << 20)), \(try row.integer("threads", in: 1...1 << 40)) threads, "
      + "occupancy \(TableRow.plain(try row.number("occupancy_pct"))) %"
    var figures: [Measurement] = []
    for operation in Self.operations {
      let column = operation + "_GBps"
      guard let rate = try row.optionalNumber(column) else { continue }
      guard rate > 0, rate < 1e5 else {
        throw RowProblem(
          "\(column): found \(row.text(column)), expected above 0 and below 100000 GB/s; units mixed up?")
      }
      figures.append(
        .figure(
          MeasuredFigure(
            line: row.line, origin: row.text("source"), kind: .memory, subject: hardware,
            name: "\(operation) bandwidth",
            scope: scope, value: rate * 1e9, unit: "B/s", unverified: row.unverified)))
    }
    guard !figures.isEmpty else { throw RowProblem("found no bandwidth, expected at least one") }
    return (figures, [hardware, scope])
  }
}

/// Latency and bandwidth of RDMA by size.
struct RDMASchema: TableSchema {
  static let format = MeasurementFormat.rdma
  static let headers = [
    [
      "source", "hardware", "gpus", "nodes", "interconnect", "software", "op", "algo", "dtype", "bytes", "time_us",
      "algbw_GBps", "busbw_GBps", "notes",
    ]
  ]

  init(header: [String]) {}

  func read(_ row: TableRow) throws(RowProblem) -> (says: [Measurement], identity: AnyHashable) {
    let (hardware, operation) = (try row.required("hardware"), try row.required("op"))
    let bytes = try row.integer("bytes", in: 1...1 << 50)
    let scope = [row.text("interconnect"), row.text("software"), "\(bytes) B"].filter { !$0.isEmpty }
      .joined(separator: ", ")
    var figures: [Measurement] = []
    func add(_ what: String, _ value: Double, _ unit: String) {
      figures.append(
        .figure(
          MeasuredFigure(
            line: row.line, origin: row.text("source"), kind: .link, subject: hardware, name: "\(operation) \(what)",
            scope: scope, value: value, unit: unit, unverified: row.unverified)))
    }
    if !row.text("time_us").isEmpty {
      add("latency", try row.time("time_us", in: 0.05...1e8).seconds, "s")
    }
    for column in ["algbw_GBps", "busbw_GBps"] {
      guard let rate = try row.optionalNumber(column) else { continue }
      guard rate > 0, rate < 1e4 else {
        throw RowProblem("\(column): found \(row.text(column)), expected above 0 and below 10000 GB/s; units mixed up?")
      }
      add(column == "algbw_GBps" ? "bandwidth" : "bus bandwidth", rate * 1e9, "B/s")
    }
    guard !figures.isEmpty else { throw RowProblem("found neither a time nor a bandwidth, expected one") }
    return (figures, [hardware, operation, scope])
  }
}

/// Figures of data sheets.
struct DeviceSpecSchema: TableSchema {
  static let format = MeasurementFormat.deviceSpecs
  /// Columns with what they are and the factor to the unit.
  private static let figures = [
    ("mem_GB", "memory", 1e9, "B"), ("mem_TBps", "memory bandwidth", 1e12, "B/s"),
    ("bf16_TFLOPS", "bf16 peak", 1e12, "FLOP/s"), ("fp8_TFLOPS", "fp8 peak", 1e12, "FLOP/s"),
    ("scaleup_unidir_GBps", "scale-up bandwidth, one way", 1e9, "B/s"),
    ("pcie_unidir_GBps", "PCIe bandwidth, one way", 1e9, "B/s"), ("power_W", "power", 1, "W"),
  ]
  static let headers = [
    [
      "source", "gpu", "mem_GB", "mem_type", "mem_TBps", "bf16_TFLOPS", "fp8_TFLOPS", "scaleup_unidir_GBps", "scaleup",
      "pcie_unidir_GBps", "power_W", "notes",
    ]
  ]

  init(header: [String]) {}

  func read(_ row: TableRow) throws(RowProblem) -> (says: [Measurement], identity: AnyHashable) {
    let gpu = try row.required("gpu")
    let scope = [row.text("mem_type"), row.text("scaleup"), row.text("notes")].filter { !$0.isEmpty }
      .joined(separator: "; ")
    var figures: [Measurement] = []
    for (column, name, factor, unit) in Self.figures {
      guard let value = try row.optionalNumber(column) else { continue }
      guard value > 0 else { throw RowProblem("\(column): found \(row.text(column)), expected above 0") }
      figures.append(
        .figure(
          MeasuredFigure(
            line: row.line, origin: row.text("source"), kind: .device, subject: gpu, name: name, scope: scope,
            value: value * factor, unit: unit, unverified: row.unverified)))
    }
    guard !figures.isEmpty else { throw RowProblem("found no figure, expected at least one") }
    return (figures, [row.text("source"), gpu])
  }
}

/// The constants of NCCL's own tuner.
struct NCCLConstantSchema: TableSchema {
  static let format = MeasurementFormat.ncclConstants
  static let headers = [["source", "constant", "algo_or_gpu", "proto_or_nodes", "value", "unit"]]

  init(header: [String]) {}

  func read(_ row: TableRow) throws(RowProblem) -> (says: [Measurement], identity: AnyHashable) {
    let (name, scope) = (try row.required("constant"), row.text("proto_or_nodes"))
    let figure = MeasuredFigure(
      line: row.line, origin: row.text("source"), kind: .published, subject: row.text("algo_or_gpu"), name: name,
      scope: scope, value: try row.number("value"), unit: row.text("unit"), unverified: row.unverified)
    return ([.figure(figure)], [figure.origin, name, figure.subject, scope])
  }
}

/// Energy and power.
struct EnergySchema: TableSchema {
  static let format = MeasurementFormat.energy
  static let headers = [["source", "item", "value", "unit", "quality"]]

  init(header: [String]) {}

  func read(_ row: TableRow) throws(RowProblem) -> (says: [Measurement], identity: AnyHashable) {
    let (item, unit) = (try row.required("item"), try row.required("unit"))
    let figure = MeasuredFigure(
      line: row.line, origin: row.text("source"), kind: .published, subject: item, name: "energy or power",
      scope: row.text("quality"), value: try row.number("value"), unit: unit, unverified: row.unverified)
    return ([.figure(figure)], [figure.origin, item])
  }
}

/// The tables of the Tree Attention paper.
struct PaperTableSchema: TableSchema {
  static let format = MeasurementFormat.paperTables
  static let headers = [
    [
      "source", "gpu", "gpus", "nodes", "model", "tokens_in_context", "tokens_generated", "algorithm", "time_s",
      "stderr_s",
    ]
  ]

  init(header: [String]) {}

  func read(_ row: TableRow) throws(RowProblem) -> (says: [Measurement], identity: AnyHashable) {
    let gpus = try row.integer("gpus", in: 1...1 << 24)
    let subject = "\(gpus) x \(try row.required("gpu"))"
    let scope =
      "\(try row.required("algorithm")), \(try row.required("model")), "
      + "\(try row.integer("tokens_in_context", in: 1...1 << 40)) tokens, "
      + "\(try row.integer("tokens_generated", in: 0...1 << 40)) generated, \(try row.integer("nodes", in: 1...gpus)) node(s)"
    var figures: [Measurement] = []
    for (column, name) in [("time_s", "time"), ("stderr_s", "standard error of the time")] {
      guard let value = try row.optionalNumber(column) else { continue }
      guard value >= 0, column == "stderr_s" || value > 0, value < 1e6 else {
        throw RowProblem("\(column): found \(row.text(column)), expected seconds above 0")
      }
      figures.append(
        .figure(
          MeasuredFigure(
            line: row.line, origin: row.text("source"), kind: .published, subject: subject, name: name, scope: scope,
            value: value, unit: "s", unverified: row.unverified)))
    }
    guard !figures.isEmpty else { throw RowProblem("found no time, expected one") }
    return (figures, [row.text("source"), subject, scope])
  }
}
