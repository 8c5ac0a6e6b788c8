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
}
