import Configuration
import Testing

/// Hostile texts end in an error, quickly.
@Suite struct DocumentLimitsTests {
  private func failure(_ yaml: String) -> String? {
    do {
      _ = try Document(yaml: yaml, file: "deep.yaml")
      return nil
    } catch {
      return error.description
    }
  }

  @Test(arguments: ["[", "{", "- ", "? ", "{a: ", "[{a: ", "- [", "a: [", "[a: "])
  func deepNestingIsAnError(_ piece: String) throws {
    let message = try #require(failure(String(repeating: piece, count: 100_000)))
    #expect(message.hasPrefix("deep.yaml"))
    #expect(message.utf8.count < 1000)
  }

  @Test func closedDeepNestingIsAnError() throws {
    for depth in [65, 200, 900, 5000, 100_000] {
      let text = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
      #expect(try #require(failure(text)).hasPrefix("deep.yaml:"), "\(depth)")
    }
    #expect(failure(String(repeating: "[", count: 64) + String(repeating: "]", count: 64)) == nil)
  }

  @Test func deepBlocksAreAnError() throws {
    let text = (0..<2000).map { String(repeating: " ", count: $0) + "a:" }.joined(separator: "\n")
    #expect(try #require(failure(text)).hasPrefix("deep.yaml:"))
  }

  @Test func aliasBombsAreAnError() throws {
    for (width, depth) in [(9, 9), (2, 40), (3, 5), (10, 1), (5, 3)] {
      var lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
      for level in 1...depth {
        let items = Array(repeating: "*a\(level - 1)", count: width).joined(separator: ", ")
        lines.append("a\(level): &a\(level) [\(items)]")
      }
      let message = failure(lines.joined(separator: "\n"))
      if width * depth > 16 {
        #expect(try #require(message).contains("aliases"), "\(width) \(depth)")
      }
    }
    // Within the count, but a hundred times the text.
    let wide = "a: &a [\(Array(repeating: "x", count: 2000).joined(separator: ","))]\n"
    let bomb = wide + "b: &b [*a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b]\nd: [*c, *c, *c, *c]"
    #expect(try #require(failure(bomb)).contains("aliases"))
  }

  @Test func bombsInKeysAreAnError() throws {
    var lines = ["a0: &a0 [x, x]"]
    for level in 1...40 { lines.append("a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]") }
    lines.append("? *a40\n: x")
    #expect(try #require(failure(lines.joined(separator: "\n"))).contains("aliases"))
  }

  @Test func aliasesHiddenInCommentsThatEndEarlyAreCounted() throws {
    // U+0085 ends a line for YAML, and so the comment.
    let bomb = "a: &a x\nb: [\n" + String(repeating: "# c\u{85} *a,\n", count: 40) + "]"
    #expect(try #require(failure(bomb)).contains("aliases"))
  }

  @Test func aFewAliasesAreFine() throws {
    let document = try Document(yaml: "a: &a {x: 1}\nb: *a\nc: [*a, *a]\n# *d *e *f\n", file: "few.yaml")
    #expect(try document.canonicalText().contains("x: 1"))
    // Stars in text are no aliases.
    let stars = "a: 2 * 3 * 4\n" + (0..<40).map { "# *note\($0)" }.joined(separator: "\n")
    #expect(failure(stars) == nil)
  }

  @Test func longOverridePathsAreAnError() throws {
    var document = try Document(yaml: "a: 1", file: "a.yaml")
    let path = Array(repeating: "k", count: 100_000).joined(separator: ".")
    #expect(throws: ConfigurationError.self) { try document.set(path, to: "1", source: "--set") }
  }

  @Test func controlCharactersAreAnErrorWithALine() throws {
    #expect(try #require(failure("a: 1\nb: \u{1}\n")).hasPrefix("deep.yaml:2"))
  }
}
