import Configuration
import Testing

@Suite("Documents")
struct DocumentTests {
  let text = """
    name: pair
    links: {ndr: {bandwidth: 400 Gb/s, latency: 2 us}}
    fabric:
      levels:
        - {up: 1}
        - {up: 2}
      grid: [[1, 2], [3, 4]]
    '8': eight
    empty: []
    """

  func document() throws -> Document { try Document(yaml: text, file: "pair.yaml") }

  @Test(
    "What is not YAML is refused with its line and column",
    arguments: [
      ("a: b: c", 1), ("a: 1\nb: [1, 2", 2), ("a: 1\n\tb: 2", 2), ("a: 1\na: 2", 1), ("a: 1\n--- \nb: 2", 2), ("", 1),
      ("# only a comment", 1), ("a: \"unclosed", 1), ("a: *nowhere", 1),
    ])
  func notYAML(text: String, line: Int) {
    #expect {
      try Document(yaml: text, file: "bad.yaml")
    } throws: { error in
      guard let error = error as? ConfigurationError else { return false }
      return error.file == "bad.yaml" && (error.line ?? 0) >= line && error.description.hasPrefix("bad.yaml:")
    }
  }

  @Test("The same content has the same canonical text, whatever the spacing and comments")
  func canonical() throws {
    let spaced = "# c\nname:   pair\nlinks:\n  ndr: # d\n    {bandwidth: 400 Gb/s,   latency: 2 us}\n"
    let tight = "name: pair\nlinks: {ndr: {bandwidth: 400 Gb/s, latency: 2 us}}"
    let first = try Document(yaml: spaced, file: "a").canonicalText()
    #expect(try first == Document(yaml: tight, file: "b").canonicalText())
    #expect(try first == Document(yaml: first, file: "c").canonicalText())
    #expect(try first != Document(yaml: tight + "\nmore: 1", file: "d").canonicalText())
  }

  @Test(
    "A value is put at a path",
    arguments: [
      ("name", "other", "name"), ("links.ndr.bandwidth", "1 GB/s", "links.ndr.bandwidth"),
      ("links.ndr.loss", "2 GB/s", "links.ndr.loss"), ("new", "3", "new"),
      ("fabric.levels[1].up", "9", "fabric.levels.1.up"), ("fabric.levels.0.up", "8", "fabric.levels.0.up"),
      ("fabric.grid[1][0]", "7", "fabric.grid.1.0"), ("8", "ate", "8"), ("name", "''", "name"), ("name", " ", "name"),
    ])
  func sets(path: String, value: String, steps: String) throws {
    var document = try document()
    try document.set(path, to: value, source: "--set")
    var field = document.root
    for step in steps.split(separator: ".") {
      field =
        try Int(step).flatMap { field.isList ? try field.list()[$0] : nil }
        ?? field.mapping().required(String(step))
    }
    #expect(field.scalarText == (value == "''" || value == " " ? "" : value))
    // The other values stay, in their order, and none stands twice.
    let keys = try document.root.mapping().entries.map(\.key)
    #expect(keys.starts(with: ["name", "links", "fabric", "8", "empty"]))
    #expect(
      try document.root.mapping().required("links").mapping().required("ndr").mapping().optional("latency")?.scalarText
        == "2 us")
  }

  @Test(
    "A step of a path that is not there is named with the nearest one",
    arguments: [
      ("links.ndrr.bandwidth", "--set: links.ndrr.bandwidth: no 'ndrr' here; did you mean 'ndr'? (there are: ndr)"),
      ("link.ndr.bandwidth", "--set: link.ndr.bandwidth: no 'link' here; did you mean 'links'?"),
    ])
  func refusesAbsentSteps(path: String, message: String) throws {
    var document = try document()
    let before = try document.canonicalText()
    #expect {
      try document.set(path, to: "1 GB/s", source: "--set")
    } throws: { error in
      "\(error)".hasPrefix(message)
    }
    #expect(try document.canonicalText() == before)
  }

  @Test("A value put in may be a mapping or a list, and carries no line of the command line")
  func setsWhole() throws {
    var document = try document()
    try document.set("links.ndr", to: "{bandwidth: fast}", source: "--set")
    let rate = try document.root.mapping().required("links").mapping().required("ndr").mapping().required("bandwidth")
    #expect(rate.error("x").description == "pair.yaml: links.ndr.bandwidth: x")
    var other = try Document(yaml: "name: other", file: "other.yaml")
    try other.set("rates.ndr", to: rate)
    #expect(try other.root.mapping().required("rates").mapping().required("ndr").scalarText == "fast")
  }

  @Test(
    "A bad path or value is refused and leaves the document as it was",
    arguments: [
      ("", "1", "not a path"), (".", "1", "not a path"), ("a..b", "1", "not a path"), ("a.", "1", "not a path"),
      ("a]b", "1", "not a path"), ("a[0", "1", "not a path"), ("a[]", "1", "not a path"), ("a[x]", "1", "not a path"),
      ("a[-1]", "1", "not a path"), ("a[0]b", "1", "not a path"), (".[0]", "1", "not a path"),
      ("fabric.levels[2].up", "1", "expected an index from 0 to 1"), ("fabric.levels.up", "1", "no item 'up'"),
      ("fabric.levels[99999999999999999999]", "1", "not a path"), ("empty[0]", "1", "the list is empty"),
      ("name.first", "1", "'first' stands below the value 'pair'"), ("name", "a: b: c", "not YAML"),
      ("name", "[1", "not YAML"),
    ])
  func refuses(path: String, value: String, message: String) throws {
    var document = try document()
    let before = try document.canonicalText()
    do {
      try document.set(path, to: value, source: "--set")
      Issue.record("'\(path)' was set")
    } catch {
      #expect(error.file == "--set")
      #expect(error.message.contains(message), "\(error)")
    }
    #expect(try document.canonicalText() == before)
  }

  @Test("A document that is a list takes an index at its root")
  func rootList() throws {
    var document = try Document(yaml: "- a\n- b\n", file: "list.yaml")
    try document.set("[1]", to: "c", source: "--set")
    #expect(try document.root.list().map(\.scalarText) == ["a", "c"])
  }
}
