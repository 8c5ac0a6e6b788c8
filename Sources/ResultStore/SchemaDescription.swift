/// What the tables and views of a result database hold, for people who write SQL.
public struct SchemaDescription: Sendable, Hashable, CustomStringConvertible {
  /// A table or a view.
  public struct Table: Sendable, Hashable {
    /// Its name in SQL.
    public let name: String
    /// Whether it is a view over the tables.
    public let isView: Bool
    /// What one row is.
    public let meaning: String
    /// Its columns in order.
    public let columns: [Column]
  }

  /// A column of a table or view.
  public struct Column: Sendable, Hashable {
    /// Its name in SQL.
    public let name: String
    /// What it holds: `text`, `integer`, `real`, or `number` for either.
    public let type: String
    /// What it means.
    public let meaning: String

    init(_ name: String, _ type: String, _ meaning: String) {
      self.name = name
      self.type = type
      self.meaning = meaning
    }
  }

  /// The tables, then the views.
  public let tables: [Table]

  /// A block of text for each table: its name and meaning, then a line for each column.
  public var description: String {
    tables.map { table in
      let widest = table.columns.map(\.name.count).max() ?? 0
      let lines = table.columns.map { column in
        let name = column.name + String(repeating: " ", count: widest - column.name.count)
        let type = column.type + String(repeating: " ", count: max(0, 7 - column.type.count))
        return "  \(name)  \(type)  \(column.meaning)"
      }
      return (["\(table.name) (\(table.isView ? "view" : "table")): \(table.meaning)"] + lines).joined(separator: "\n")
    }.joined(separator: "\n\n")
  }
}

extension ResultDatabase {
  /// The tables and views of a result database with their columns.
  public static let schema = SchemaDescription(tables: [
    SchemaDescription.Table(
      name: "input", isView: false, meaning: "a text that runs were made from, once however many runs used it",
      columns: [
        .init("hash", "text", "SHA-256 of the text, 64 hexadecimal digits; the key"),
        .init("kind", "text", "what it describes: topology, model, …"),
        .init("name", "text", "what it is called"),
        .init("text", "text", "the whole text"),
      ]),
    SchemaDescription.Table(
      name: "run", isView: false, meaning: "one execution of a command that gave results",
      columns: [
        .init("id", "integer", "the number of the run; the key, never used again"),
        .init("created_at", "text", "when, ISO 8601 in UTC"),
        .init("command", "text", "the arguments of the command"),
        .init("treeline_version", "text", "the version of Treeline that ran"),
        .init("seed", "integer", "seed of every random choice, negative from 2^63 on; null: none"),
        .init("kind", "text", "what was done: simulate, sweep, …"),
        .init("topology_hash", "text", "input.hash of the topology"),
        .init("model_hash", "text", "input.hash of the model"),
        .init("tokens", "integer", "tokens of one sequence, those of the queries included"),
        .init("batch", "integer", "sequences in a batch"),
        .init("world_size", "integer", "number of ranks"),
        .init("dtype", "text", "type of the elements, such as bf16"),
        .init("note", "text", "a person's remark"),
        .init("query_tokens", "integer", "last tokens whose queries a step attends: 1 to decode, tokens for a prefill"),
        .init("mask", "text", "which keys a query sees: causal or full"),
      ]),
    SchemaDescription.Table(
      name: "run_input", isView: false, meaning: "one input of a run",
      columns: [
        .init("run_id", "integer", "run.id"),
        .init("position", "integer", "order within the run, from 0"),
        .init("hash", "text", "input.hash"),
      ]),
    SchemaDescription.Table(
      name: "result", isView: false, meaning: "what one algorithm with its options came to within a run",
      columns: [
        .init("id", "integer", "the number of the result; the key"),
        .init("run_id", "integer", "run.id"),
        .init("label", "text", "what a person calls it, such as tree (3 all-reduces, ring)"),
        .init("algorithm", "text", "the algorithm"),
        .init("options", "text", "every option in a canonical text"),
        .init("status", "text", "ok, or does not fit"),
        .init("position", "integer", "order within the run, from 0"),
      ]),
    SchemaDescription.Table(
      name: "metric", isView: false,
      meaning: "one figure of a result; the key is the result, name, scope and provenance",
      columns: [
        .init("result_id", "integer", "result.id"),
        .init("name", "text", "what the figure is, such as step time"),
        .init("scope", "text", "what part it is of, such as rank 3; empty: the whole"),
        .init("value", "number", "the figure, exact; dividing two integers in SQL drops the fraction: value * 1.0"),
        .init("unit", "text", "its unit, such as s or B; empty: a pure number"),
        .init(
          "provenance", "text",
          "measured, fitted, data sheet, published, simulated, closed form, assumed, emulated or computed"),
      ]),
    SchemaDescription.Table(
      name: "sample", isView: false,
      meaning:
        "one of the measurements that a metric of the same name sums up; the key is the result, name and position",
      columns: [
        .init("result_id", "integer", "result.id"),
        .init("name", "text", "what was measured, such as time"),
        .init("position", "integer", "order in which it was taken, from 0"),
        .init("value", "real", "what was found"),
        .init("unit", "text", "its unit"),
        .init("provenance", "text", "measured, or emulated"),
      ]),
    SchemaDescription.Table(
      name: "source", isView: false, meaning: "one file of measurements that was imported, once however often",
      columns: [
        .init("id", "integer", "the number of the import; the key"),
        .init("imported_at", "text", "when, ISO 8601 in UTC"),
        .init("command", "text", "the arguments of the command"),
        .init("treeline_version", "text", "the version of Treeline that ran"),
        .init("path", "text", "the file as it was named"),
        .init("sha256", "text", "SHA-256 of its bytes"),
        .init("format", "text", "what it was read as, such as nccl-tests"),
        .init("mapping", "text", "what was declared to read it: columns, constants, what a log lacks"),
        .init("origin", "text", "where it comes from"),
        .init("license", "text", "its licence"),
        .init("software", "text", "software and version that the whole file names; empty: rows do"),
        .init("rows", "integer", "its rows of data: those kept, the bad ones and the duplicates"),
        .init("kept", "integer", "rows that are stored"),
        .init("bad", "integer", "rows left out because something is wrong with them"),
        .init("duplicate", "integer", "rows left out because they were there before"),
        .init("unverified", "integer", "remarks on stored rows that should not be relied on"),
      ]),
    SchemaDescription.Table(
      name: "source_issue", isView: false, meaning: "what is to be said of a row of an imported file",
      columns: [
        .init("source_id", "integer", "source.id"),
        .init("position", "integer", "order within the file, from 0"),
        .init("line", "integer", "the line of the file; 0: of none"),
        .init("kind", "text", "bad, duplicate or unverified"),
        .init("problem", "text", "what was found and what was expected"),
      ]),
    SchemaDescription.Table(
      name: "kernel_measurement", isView: false, meaning: "the time of an attention kernel, from an imported file",
      columns: [
        .init("source_id", "integer", "source.id"),
        .init("position", "integer", "order within the file, from 0"),
        .init("line", "integer", "the line of the file"),
      ] + kernelColumns + [
        .init("seconds", "real", "the time"),
        .init("unverified", "text", "why it should not be relied on; empty: nothing is known against it"),
        .init("provenance", "text", "measured, published or data sheet"),
      ]),
    SchemaDescription.Table(
      name: "collective_measurement", isView: false, meaning: "the time of a collective, from an imported file",
      columns: [
        .init("source_id", "integer", "source.id"),
        .init("position", "integer", "order within the file, from 0"),
        .init("line", "integer", "the line of the file"),
        .init("origin", "text", "where the row comes from, where it says more than its file"),
      ] + collectiveColumns + [
        .init("seconds", "real", "the time"),
        .init("unverified", "text", "why it should not be relied on; empty: nothing is known against it"),
        .init("provenance", "text", "measured, published or data sheet"),
      ]),
    SchemaDescription.Table(
      name: "figure_measurement", isView: false,
      meaning: "any other figure of an imported file: of memory, links, data sheets, publications",
      columns: [
        .init("source_id", "integer", "source.id"),
        .init("position", "integer", "order within the file, from 0"),
        .init("line", "integer", "the line of the file"),
        .init("origin", "text", "where the row comes from, where it says more than its file"),
        .init("kind", "text", "memory, link, device, published, or kernel: one of Treeline's own"),
        .init("subject", "text", "the device, machine or thing that it is of"),
        .init("name", "text", "what the figure is, such as read bandwidth"),
        .init("scope", "text", "under which conditions; empty: none"),
        .init("value", "real", "the figure"),
        .init("unit", "text", "its unit, such as B/s; empty: a pure number"),
        .init("unverified", "text", "why it should not be relied on; empty: nothing is known against it"),
        .init("provenance", "text", "measured, published or data sheet"),
      ]),
    SchemaDescription.Table(
      name: "v_runs", isView: true, meaning: "runs with the names of their inputs",
      columns: [
        .init("run_id", "integer", "run.id"),
        .init("created_at", "text", "when, ISO 8601 in UTC"),
        .init("kind", "text", "what was done"),
        .init("command", "text", "the arguments of the command"),
        .init("topology", "text", "name of the topology"),
        .init("model", "text", "name of the model"),
        .init("tokens", "integer", "tokens of one sequence, those of the queries included"),
        .init("query_tokens", "integer", "last tokens whose queries a step attends: 1 to decode"),
        .init("mask", "text", "which keys a query sees: causal or full"),
        .init("batch", "integer", "sequences in a batch"),
        .init("world_size", "integer", "number of ranks"),
        .init("dtype", "text", "type of the elements"),
        .init("seed", "integer", "seed of every random choice"),
        .init("treeline_version", "text", "the version of Treeline that ran"),
        .init("results", "integer", "how many results it has"),
        .init("note", "text", "a person's remark"),
      ]),
    SchemaDescription.Table(
      name: "v_metrics", isView: true, meaning: "every figure with the result and the run it belongs to",
      columns: workloadColumns + [
        .init("name", "text", "what the figure is"),
        .init("scope", "text", "what part it is of; empty: the whole"),
        .init("value", "number", "the figure, exact"),
        .init("unit", "text", "its unit"),
        .init("provenance", "text", "where it comes from"),
      ]),
    SchemaDescription.Table(
      name: "v_step_time", isView: true, meaning: "the step time of every result",
      columns: workloadColumns + [
        .init("microseconds", "real", "the step time in microseconds"),
        .init("provenance", "text", "where it comes from"),
      ]),
    SchemaDescription.Table(
      name: "v_kernel_measurement", isView: true, meaning: "imported times of attention kernels with their source",
      columns: sourceColumns + [
        .init("line", "integer", "the line of the file"),
        .init("phase", "text", "decode, for one query token, or prefill"),
      ] + kernelColumns + [
        .init("microseconds", "real", "the time in microseconds"),
        .init("unverified", "text", "why it should not be relied on"),
        .init("provenance", "text", "measured, published or data sheet"),
      ]),
    SchemaDescription.Table(
      name: "v_collective_measurement", isView: true, meaning: "imported times of collectives with their source",
      columns: sourceColumns + [.init("line", "integer", "the line of the file")] + collectiveColumns + [
        .init("microseconds", "real", "the time in microseconds"),
        .init("bytes_per_second", "real", "bytes over time, which nccl-tests calls algbw"),
        .init("unverified", "text", "why it should not be relied on"),
        .init("provenance", "text", "measured, published or data sheet"),
      ]),
  ])

  private static let workloadColumns: [SchemaDescription.Column] = [
    .init("run_id", "integer", "run.id"),
    .init("kind", "text", "what was done"),
    .init("topology", "text", "name of the topology"),
    .init("model", "text", "name of the model"),
    .init("tokens", "integer", "tokens of one sequence, those of the queries included"),
    .init("query_tokens", "integer", "last tokens whose queries a step attends: 1 to decode"),
    .init("mask", "text", "which keys a query sees: causal or full"),
    .init("batch", "integer", "sequences in a batch"),
    .init("world_size", "integer", "number of ranks"),
    .init("dtype", "text", "type of the elements"),
    .init("position", "integer", "order of the result within its run"),
    .init("label", "text", "what a person calls the result"),
    .init("algorithm", "text", "the algorithm"),
    .init("status", "text", "ok, or does not fit"),
  ]

  private static let sourceColumns: [SchemaDescription.Column] = [
    .init("source_id", "integer", "source.id"),
    .init("path", "text", "the file as it was named"),
    .init("origin", "text", "where the row comes from"),
    .init("license", "text", "the licence of the file"),
  ]

  private static let kernelColumns: [SchemaDescription.Column] = [
    .init("gpu", "text", "the GPU, as the file names it"),
    .init("software", "text", "the software with its version, as the file names it"),
    .init("dtype", "text", "the type of the elements, as the file names it"),
    .init("batch", "integer", "sequences in the batch"),
    .init("query_heads", "integer", "query heads"),
    .init("kv_heads", "integer", "KV heads"),
    .init("head_dim", "integer", "elements of a query, a key and a value of one head"),
    .init("window", "integer", "last tokens that a query sees; 0: all"),
    .init("query_tokens", "integer", "query tokens of a sequence: 1 to decode"),
    .init("context_tokens", "integer", "tokens of a sequence that are attended to"),
  ]

  private static let collectiveColumns: [SchemaDescription.Column] = [
    .init("gpu", "text", "the GPU, as the file names it"),
    .init("interconnect", "text", "what joins the GPUs; empty: nothing says so"),
    .init("gpus", "integer", "ranks"),
    .init("nodes", "integer", "machines"),
    .init("nics", "integer", "network cards of a machine; null: nothing says so"),
    .init("software", "text", "the software with its version"),
    .init("collective", "text", "the collective, such as all_reduce"),
    .init("dtype", "text", "the type of the elements"),
    .init("bytes", "integer", "bytes as nccl-tests counts them: the whole buffer of a rank"),
    .init("in_place", "integer", "1: the result lies where the input lay; null: nothing says so"),
  ]
}
