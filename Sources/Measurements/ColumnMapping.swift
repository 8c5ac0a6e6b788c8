import Configuration
import Quantities

/// Which columns of a table of kernel times hold what, as the user declares it.
///
///     columns:
///       batch: bs
///       time: {column: latency, unit: ms}
///     constants:
///       gpu: NVIDIA H100 80GB HBM3
public struct ColumnMapping: Hashable, Sendable {
  /// What must be declared, but for a window, which is none where nothing declares it.
  public static let fields = [
    "gpu", "software", "dtype", "batch", "query_heads", "kv_heads", "head_dim", "window", "query_tokens",
    "context_tokens", "time",
  ]
  /// The units of a time, in microseconds.
  static let units: [(name: String, microseconds: Double)] = [("ns", 1e-3), ("us", 1), ("ms", 1e3), ("s", 1e6)]

  /// The column of a field.
  public private(set) var columns: [String: String] = [:]
  /// The value of a field that is the same in all rows.
  public private(set) var constants: [String: String] = [:]
  /// The unit of the time.
  private var unit: String?

  /// A mapping of nothing.
  public init() {}

  /// Whether nothing is declared.
  public var isEmpty: Bool { columns.isEmpty && constants.isEmpty }

  /// Declares a column, as in `batch=bs` or `time=latency:ms`.
  ///
  /// - Throws: A ``MeasurementError`` of the option.
  public mutating func declare(column text: String) throws(MeasurementError) {
    let (field, value) = try Self.parts(text, option: "--column")
    guard field == "time" else { return try set(field, column: value, unit: nil, file: "--column") }
    let cut = value.lastIndex(of: ":")
    guard let cut else {
      throw MeasurementError(
        file: "--column", "found 'time=\(value)', expected a unit behind the column, such as time=\(value):ms")
    }
    try set(field, column: String(value[..<cut]), unit: String(value[value.index(after: cut)...]), file: "--column")
  }

  /// Declares a value that is the same in all rows, as in `gpu=H100`.
  ///
  /// - Throws: A ``MeasurementError`` of the option.
  public mutating func declare(constant text: String) throws(MeasurementError) {
    let (field, value) = try Self.parts(text, option: "--constant")
    try set(field, constant: value, file: "--constant")
  }

  /// Reads a mapping from YAML.
  ///
  /// - Throws: `ConfigurationError`, or a ``MeasurementError`` of the file.
  public init(yaml: String, file: String) throws {
    let root = try Document(yaml: yaml, file: file).root.mapping(allowed: ["columns", "constants"])
    for (field, value) in try root.required("columns").mapping(allowed: Self.fields).entries {
      if value.isMapping {
        let parts = try value.mapping(allowed: ["column", "unit"])
        try set(
          field, column: try parts.required("column").string(), unit: try parts.required("unit").string(), file: file)
      } else {
        try set(field, column: try value.string(), unit: nil, file: file)
      }
    }
    for (field, value) in try root.optional("constants")?.mapping(allowed: Self.fields).entries ?? [] {
      try set(field, constant: try value.string(), file: file)
    }
  }

  private static func parts(_ text: String, option: String) throws(MeasurementError) -> (String, String) {
    guard let cut = text.firstIndex(of: "="), cut > text.startIndex, text.index(after: cut) < text.endIndex else {
      throw MeasurementError(file: option, "found '\(text)', expected FIELD=VALUE, such as batch=bs")
    }
    let field = String(text[..<cut])
    guard fields.contains(field) else {
      throw MeasurementError(
        file: option,
        "no field '\(field)'\(NearestName.suggestion(for: field, among: fields)) "
          + "(there are: \(fields.joined(separator: ", ")))")
    }
    return (field, String(text[text.index(after: cut)...]))
  }

  private mutating func set(_ field: String, column: String, unit: String?, file: String) throws(MeasurementError) {
    try checkFree(field, file: file)
    let names = Self.units.map(\.name)
    if field == "time" {
      guard let unit, names.contains(unit) else {
        throw MeasurementError(
          file: file,
          "time: found \(unit.map { "the unit '\($0)'" } ?? "no unit"), expected \(names.joined(separator: ", "))")
      }
      self.unit = unit
    } else if unit != nil {
      throw MeasurementError(file: file, "\(field): found a unit, expected one for a time alone")
    }
    columns[field] = column
  }

  private mutating func set(_ field: String, constant: String, file: String) throws(MeasurementError) {
    try checkFree(field, file: file)
    guard field != "time" else { throw MeasurementError(file: file, "time: found a constant, expected a column") }
    constants[field] = constant
  }

  private func checkFree(_ field: String, file: String) throws(MeasurementError) {
    guard columns[field] == nil, constants[field] == nil else {
      throw MeasurementError(file: file, "\(field): declared twice, expected once")
    }
  }

  /// Microseconds in the unit of the time.
  var microseconds: Double { Self.units.first { $0.name == unit }?.microseconds ?? 1 }

  /// All that is declared, in one text: equal mappings have equal texts.
  public var canonicalText: String {
    Self.fields.compactMap { field in
      if let column = columns[field] { return "\(field)=\(column)" + (field == "time" ? ":\(unit ?? "")" : "") }
      return constants[field].map { "\(field):='\($0)'" }
    }.joined(separator: " ")
  }
}
