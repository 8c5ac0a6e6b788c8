import Measurements
import Quantities
import TestSupport
import Testing

/// Tables of kernel times whose columns are declared.
@Suite struct MappingTests {
  private static func mapping() throws -> ColumnMapping {
    try ColumnMapping(yaml: Files.text("kernel-times.yaml"), file: "kernel-times.yaml")
  }

  private static func read(_ text: String, _ mapping: ColumnMapping) throws -> MeasurementFile {
    try MeasurementReader.read(text, name: "x.csv", mapping: mapping)
  }

  @Test("A file of columns and options say the same")
  func declarations() throws {
    var mapping = ColumnMapping()
    for text in ["batch=bs", "query_heads=heads", "kv_heads=kv", "context_tokens=ctx", "time=latency:ms"] {
      try mapping.declare(column: text)
    }
    for text in ["gpu=Made-up GPU", "software=synthetic 1.0", "dtype=bf16", "head_dim=128", "query_tokens=1"] {
      try mapping.declare(constant: text)
    }
    #expect(try mapping == Self.mapping())
    #expect(mapping.canonicalText.contains("gpu:='Made-up GPU'") && mapping.canonicalText.hasSuffix("time=latency:ms"))
    let file = try Self.read(Files.text("kernel-times.csv"), mapping)
    #expect(file.format == .mappedKernels && file.mapping == mapping.canonicalText)
    #expect(file.kernels.map { ($0.time.seconds * 1e6).rounded() } == [11, 52, 430])
    #expect(file.kernels.allSatisfy { $0.gpu == "Made-up GPU" && $0.headDim == 128 && $0.window == 0 })
    #expect(file.issues.map(\.line) == [4, 5, 6, 7])
    #expect(file.issues.map(\.kind) == [.duplicate, .unverified, .bad, .bad])
  }

  @Test("A column that is not there names the nearest, and a field that nothing declares is named")
  func missing() throws {
    let text = try Files.text("kernel-times.csv")
    let mapping = try Self.mapping()
    #expect { try Self.read(text.replacing("latency", with: "latencyy"), mapping) } throws: {
      "\($0)".contains("x.csv:1: no column 'latency' for time; did you mean 'latencyy'?")
    }
    var short = ColumnMapping()
    try short.declare(column: "time=latency:ms")
    #expect { try Self.read(text, short) } throws: { "\($0)".contains("nothing declares gpu") }
    #expect { try Self.read(text.replacing("notes", with: "bs"), mapping) } throws: {
      "\($0)".contains("2 columns 'bs' for batch")
    }
  }

  @Test(
    "A declaration that says nothing is an error of its option",
    arguments: [
      ("batch", "expected FIELD=VALUE"), ("=x", "expected FIELD=VALUE"), ("btch=bs", "did you mean 'batch'?"),
      ("time=latency", "time=latency:ms"), ("time=latency:min", "the unit 'min'"), ("batch=", "expected FIELD=VALUE"),
    ])
  func declarationErrors(text: String, message: String) {
    var mapping = ColumnMapping()
    #expect { try mapping.declare(column: text) } throws: {
      "\($0)".hasPrefix("--column: ") && "\($0)".contains(message)
    }
  }

  @Test("Twice the same field, and a constant time")
  func contradictions() throws {
    var mapping = ColumnMapping()
    try mapping.declare(column: "batch=bs")
    #expect { try mapping.declare(constant: "batch=4") } throws: { "\($0)".contains("declared twice") }
    #expect { try mapping.declare(constant: "time=4") } throws: { "\($0)".contains("expected a column") }
  }

  @Test("Spoilt tables and mappings never end the program")
  func mutations() throws {
    var generator = SeededGenerator(seed: 11)
    let (table, yaml) = (try Files.text("kernel-times.csv"), try Files.text("kernel-times.yaml"))
    for _ in 0..<500 {
      do {
        let mapping = try ColumnMapping(yaml: TextMutation.mutated(yaml, &generator), file: "x.yaml")
        let file = try Self.read(TextMutation.mutated(table, &generator), mapping)
        #expect(file.keptCount >= 1 && file.issues.allSatisfy { $0.line >= 2 })
      } catch {
        #expect("\(error)".hasPrefix("x.csv:") || "\(error)".hasPrefix("x.yaml:"), "\(error)")
      }
    }
  }
}
