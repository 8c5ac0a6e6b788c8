import Configuration
import Quantities
import Testing

@Suite("Reading fields")
struct FieldTests {
  /// The message, place and path of the error that a reader throws on the value of `key` in a two-line document.
  static func error(_ value: String, _ read: (Field) throws(ConfigurationError) -> Void) throws -> ConfigurationError {
    let document = try Document(yaml: "first: 1\nouter: {key: \(value)}\n", file: "test.yaml")
    let field = try document.root.mapping().required("outer").mapping().required("key")
    do {
      try read(field)
    } catch {
      #expect(error.file == "test.yaml")
      #expect(error.line == 2)
      #expect(error.column == 14)
      #expect(error.path == "outer.key" || error.path.hasPrefix("outer.key["))
      #expect(error.description == "test.yaml:2:14: \(error.path): \(error.message)")
      return error
    }
    Issue.record("'\(value)' was read")
    return ConfigurationError(file: "", message: "")
  }

  static func field(_ value: String) throws -> Field {
    try Document(yaml: "key: \(value)", file: "test.yaml").root.mapping().required("key")
  }

  @Test("Texts")
  func strings() throws {
    #expect(try Self.field("a b").string() == "a b")
    #expect(try Self.field("'1'").string() == "1")
    for value in ["[1]", "{a: 1}", "''"] {
      #expect(
        try Self.error(value, { f throws(ConfigurationError) in _ = try f.string() }).message.contains(
          "expected a text"))
    }
  }

  @Test(
    "Characters that can't be seen are no part of a text or a name",
    arguments: ["200B", "200D", "200F", "2028", "2029", "202A", "202E", "2060", "2066", "2069", "FEFF"])
  func invisible(code: String) throws {
    let error = try Self.error("\"h100\\u\(code)x\"") { f throws(ConfigurationError) in _ = try f.string() }
    #expect(error.message == "found the invisible character U+\(code), expected a text of printable characters")
    #expect(throws: ConfigurationError.self) {
      try Document(yaml: "\"nd\\u\(code)r\": 1\n", file: "test.yaml").root.mapping()
    }
  }

  @Test("Characters of any script are a text, and control characters are none")
  func scripts() throws {
    for text in ["Grüße", "名前", "a\u{2010}b", "x\u{2070}"] { #expect(try Self.field("'\(text)'").string() == text) }
    let error = try Self.error("\"a\\e[2J\"") { f throws(ConfigurationError) in _ = try f.string() }
    #expect(error.message == "found a control character, expected a text of printable characters")
  }

  @Test("Truth values")
  func booleans() throws {
    #expect(try Self.field("true").boolean())
    #expect(try !Self.field("false").boolean())
    for value in ["yes", "1", "[true]", "''", "True"] {
      let error = try Self.error(value) { f throws(ConfigurationError) in _ = try f.boolean() }
      #expect(error.message.hasSuffix("expected true or false"))
    }
  }

  @Test("Whole numbers")
  func integers() throws {
    for (text, value) in [("0", 0), ("10", 10), ("+7", 7), ("1_0", 10), ("'8'", 8)] {
      #expect(try Self.field(text).integer(in: 0...10) == value)
    }
    #expect(try Self.field("-3").integer(in: -5...10) == -3)
    #expect(try Self.field("-9_223_372_036_854_775_808").integer(in: .min ... .max) == .min)
    let wrong = [
      "1e3", "1.0", "0x10", "ten", "''", "[1]", "{}", "11", "-1", "_1", "1_", "1__0", "9223372036854775808", "1 0", "٣",
      "+_1", "nan",
    ]
    for value in wrong {
      let error = try Self.error(value) { f throws(ConfigurationError) in _ = try f.integer(in: 0...10) }
      #expect(error.message.hasSuffix("expected a whole number from 0 to 10"), "\(error)")
    }
  }

  @Test("Numbers")
  func numbers() throws {
    for (text, value) in [("0.5", 0.5), ("1", 1), ("5e-1", 0.5), (".25", 0.25), ("0.000_1", 0.0001), ("0", 0)] {
      #expect(try Self.field(text).number(in: 0...1) == value)
    }
    let wrong = [
      "1.5", "-0.1", "nan", ".nan", "inf", ".inf", "0x0.8", "half", "''", "[0.5]", "{}", "1e400", "0.5 s", "0..5",
      "--1",
    ]
    for value in wrong {
      let error = try Self.error(value) { f throws(ConfigurationError) in _ = try f.number(in: 0...1) }
      #expect(error.message.hasSuffix("expected a number from 0 to 1"), "\(error)")
    }
  }

  @Test("Quantities")
  func quantities() throws {
    #expect(try Self.field("80 GB").quantity(Bytes.self) == Bytes(80_000_000_000))
    #expect(try Self.field("0").quantity(in: Seconds.zero...Seconds(1)) == .zero)
    // Tokens need no unit, though the reader knows their type only through the protocol.
    #expect(try Self.field("131072").quantity(TokenCount.self).count == 131_072)
    #expect(try Self.field("128Ki").quantity(TokenCount.self).count == 131_072)
    for (value, message) in [
      ("80", "with its unit"), ("[1 GB]", "found a list, expected a size"), ("''", "found nothing, expected a size"),
      ("{}", "found a mapping, expected a size"), ("80 GBB", "did you mean 'GB'?"), ("1e400 GB", "expected a size"),
      ("--5 GB", "expected a size"), ("-5 GB", "above zero"), ("0 GB", "above zero"),
    ] {
      let error = try Self.error(value) { f throws(ConfigurationError) in _ = try f.quantity(Bytes.self) }
      #expect(error.message.contains(message), "\(error)")
    }
    let error = try Self.error("3 s") { f throws(ConfigurationError) in
      _ = try f.quantity(in: Seconds(0)...Seconds(1))
    }
    #expect(error.message == "found '3 s', expected a time from 0 s to 1 s")
  }

  @Test("Names suggest the nearest, and list them all")
  func names() throws {
    #expect(try Self.field("ring").name(among: ["ring", "tree"], noun: "algorithm") == "ring")
    let error = try Self.error("rinng") { f throws(ConfigurationError) in
      _ = try f.name(among: ["ring", "tree"], noun: "algorithm")
    }
    #expect(error.message == "no algorithm 'rinng'; did you mean 'ring'? (there are: ring, tree)")
  }

  @Test("Lists name their items by index")
  func lists() throws {
    let items = try Self.field("[1, [2, 3]]").list()
    #expect(items.map(\.path) == ["key[0]", "key[1]"])
    #expect(try items[1].list()[1].path == "key[1][1]")
    #expect(
      try Self.error("5", { f throws(ConfigurationError) in _ = try f.list() }).message == "found '5', expected a list")
  }

  @Test("Mappings refuse unknown keys at the key, and suggest the nearest")
  func mappings() throws {
    let text = "outer:\n  count: 1\n  bandwith: 2\n"
    let outer = try Document(yaml: text, file: "m.yaml").root.mapping().required("outer")
    #expect {
      try outer.mapping(allowed: ["count", "bandwidth"])
    } throws: {
      "\($0)"
        == "m.yaml:3:3: outer: unknown key 'bandwith'; did you mean 'bandwidth'? (expected: count, bandwidth)"
    }
    let mapping = try outer.mapping()
    #expect(mapping.entries.map(\.key) == ["count", "bandwith"])
    #expect(mapping.optional("bandwidth") == nil)
    #expect(mapping.keyField("bandwith").error("x").description == "m.yaml:3:3: outer: x")
    #expect {
      try mapping.required("bandwidth")
    } throws: {
      "\($0)" == "m.yaml:2:3: outer: no key 'bandwidth', which is required here"
    }
    #expect(throws: ConfigurationError.self) { try mapping.required("count").mapping() }
  }

  @Test(
    "A key that is no name, or stands twice, is refused",
    arguments: [
      "[1]: 2", "'': 1", "{a: 1}: 2", "a: 1\na: 2", "1: a\n'1': b", "a: 1\n\"a\": 2",
    ])
  func badKeys(text: String) {
    #expect(throws: ConfigurationError.self) {
      try Document(yaml: text, file: "k.yaml").root.mapping()
    }
  }

  @Test("Defaults stand in for absent keys only")
  func defaults() throws {
    let mapping = try Document(
      yaml: "s: [1]\nb: 2\ni: x\nn: y\nq: 5\nprovenance: guessed", file: "d.yaml"
    ).root.mapping()
    let empty = try Document(yaml: "other: 1", file: "d.yaml").root.mapping()
    #expect(try empty.string("s", default: "a") == "a")
    #expect(try empty.boolean("b", default: true))
    #expect(try empty.integer("i", in: 0...1, default: 5) == 5)
    #expect(try empty.number("n", in: 0...1, default: 0.5) == 0.5)
    #expect(try empty.quantity("q", default: Bytes(3)) == Bytes(3))
    #expect(try empty.provenance(default: .fitted) == .fitted)
    #expect(throws: ConfigurationError.self) { try mapping.string("s", default: "a") }
    #expect(throws: ConfigurationError.self) { try mapping.boolean("b", default: true) }
    #expect(throws: ConfigurationError.self) { try mapping.integer("i", in: 0...1, default: 5) }
    #expect(throws: ConfigurationError.self) { try mapping.number("n", in: 0...1, default: 0.5) }
    #expect(throws: ConfigurationError.self) { try mapping.quantity("q", default: Bytes(3)) }
    #expect(throws: ConfigurationError.self) { try mapping.provenance(default: .fitted) }
  }

  @Test("An input's provenance is any but a result's")
  func provenance() throws {
    for provenance in Provenance.allCases {
      let mapping = try Document(yaml: "provenance: \(provenance.rawValue)", file: "p.yaml").root.mapping()
      if [.simulated, .closedForm, .computed, .emulated].contains(provenance) {
        #expect(throws: ConfigurationError.self) { try mapping.provenance(default: .assumed) }
      } else {
        #expect(try mapping.provenance(default: .assumed) == provenance)
      }
    }
  }
}
