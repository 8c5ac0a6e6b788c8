import Quantities

/// Times of collectives, in microseconds; with or without the source of each row.
struct CollectiveSchema: TableSchema {
  static let format = MeasurementFormat.collectives
  private static let columns = [
    "gpu", "interconnect", "gpus", "nodes", "software", "collective", "dtype", "bytes", "time_us",
  ]
  private static let sourced = [
    "source", "gpu", "gpus", "nodes", "interconnect", "software", "collective", "dtype", "bytes", "time_us",
  ]
  static let headers = [columns, sourced]

  init(header: [String]) {}

  func read(_ row: TableRow) throws(RowProblem) -> (says: [Measurement], identity: AnyHashable) {
    let gpus = try row.integer("gpus", in: 1...1 << 24)
    let nodes = try row.integer("nodes", in: 1...1 << 24)
    guard nodes <= gpus else {
      throw RowProblem("nodes: found \(nodes), expected at most the \(gpus) GPUs")
    }
    let time = CollectiveTime(
      line: row.line, origin: row.text("source"), gpu: try row.required("gpu"),
      interconnect: row.text("interconnect"), gpus: gpus, nodes: nodes, software: try row.required("software"),
      collective: try row.required("collective"), dtype: try row.required("dtype"),
      bytes: Bytes(Int64(try row.integer("bytes", in: 1...1 << 50))),
      time: try row.time("time_us", in: CollectiveTime.microseconds), unverified: row.unverified)
    try time.check()
    var identity = time
    (identity.line, identity.time, identity.unverified) = (0, .zero, "")
    return ([.collective(time)], identity)
  }
}
