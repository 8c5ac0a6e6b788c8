import TestSupport
import Testing

@testable import Reporting

@Suite struct TextTableTests {
  /// The characters of some texts, but for spaces, sorted.
  private func letters(_ texts: [String]) -> [Character] {
    texts.joined().filter { $0 != " " && $0 != "─" }.sorted()
  }

  @Test("No line is wider than 100 columns, none ends in a space, and no text is lost", arguments: 1...200)
  func width(seed: Int) {
    var generator = SeededGenerator(seed: seed)
    let count = Int.random(in: 1...(seed % 10 == 0 ? 34 : 10), using: &generator)
    let longest = [3, 12, 40, 150].randomElement(using: &generator) ?? 12
    func cells() -> [String] {
      (0..<count).map { _ in Samples.text(using: &generator, words: 0...6, longest: longest) }
    }
    let columns = cells()
    var table = TextTable(columns: columns)
    var texts = columns
    for _ in 0..<Int.random(in: 0...8, using: &generator) {
      switch Int.random(in: 0..<6, using: &generator) {
      case 0:
        let heading = Samples.text(using: &generator, words: 1...20, longest: longest)
        table.addHeading(heading)
        texts.append(heading)
      case 1: table.addRule()
      default:
        let row = cells()
        table.add(row)
        texts += row
      }
    }
    for line in table.lines {
      #expect(line.count <= TextTable.widest, "\(count) columns: \(line)")
      #expect(line.last != " ")
    }
    #expect(letters(table.lines) == letters(texts))
  }

  @Test("A table that fits stands in natural widths, the first column flush left and the others flush right")
  func layout() {
    var table = TextTable(columns: ["", "tree", "ring"])
    table.add(["step time", "85.2 µs", "838 ms"])
    table.addHeading("memory")
    table.add(["  peak", "1 B"])
    table.addRule()
    table.add(["a", "b", "c", "one too many"])
    #expect(
      table.lines == [
        "              tree    ring", "──────────────────────────", "step time  85.2 µs  838 ms", "memory",
        "  peak         1 B",
        "──────────────────────────", "a                b       c",
      ])
  }

  @Test("Words are cut only where the widths leave no other way")
  func words() {
    var table = TextTable(columns: ["run", "when", "note"])
    let note = "a remark of many words that is far too long to stand on one line of a terminal, so it is broken, often"
    table.add(["1", "2025-01-31T23:59:59Z", note])
    let lines = table.lines
    #expect(lines.count == 4)
    #expect(lines[2].hasPrefix("1    2025-01-31T23:59:59Z  "))
    #expect(lines[3].hasPrefix(String(repeating: " ", count: 27)))
    #expect((lines[2] + lines[3]).contains("23:59:59Z  "))
  }

  @Test("Indentation stays on every line of a row's name")
  func indentation() {
    var table = TextTable(columns: ["", "value"])
    table.add(["  " + String(repeating: "word ", count: 12) + "end", String(repeating: "x", count: 60)])
    #expect(table.lines.dropFirst(2).allSatisfy { $0.hasPrefix("  word") || $0.hasPrefix("  end") })
  }

  @Test("Characters that would move the cursor are spaces")
  func controls() {
    var table = TextTable(columns: ["note"])
    table.add(["one\ntwo\u{1B}[31m\tthree\u{7F}\r\nfour"])
    table.addHeading("a\u{8}b")
    #expect(
      table.lines.suffix(2) == ["one two [31m three   four", "a b"]
        || table.lines.suffix(2) == ["one two [31m three  four", "a b"])
    #expect(table.lines.joined().unicodeScalars.allSatisfy { $0.properties.generalCategory != .control })
  }

  @Test("Text from outside can't steer a terminal; lines of it may stay lines")
  func printable() {
    #expect(PrintableText.line("a\u{1B}[31mred\nb\u{9B}2J\tc") == "a [31mred b 2J c")
    #expect(PrintableText.lines("a\u{1B}[31mred\nb\u{7}\tc\r\u{0}") == "a [31mred\nb \tc  ")
    #expect(PrintableText.line("NVIDIA H200 µ→") == "NVIDIA H200 µ→")
  }

  @Test("Whole per cent sum up to 100, whatever the shares")
  func wholeShares() {
    #expect(WholeShares.percents([0.625, 0.375]) == [63, 37])
    #expect(WholeShares.percents([1.0 / 3, 1.0 / 3, 1.0 / 3]) == [34, 33, 33])
    #expect(WholeShares.percents([0.8, 0.2]) == [80, 20])
    #expect(WholeShares.percents([0.455, 0.455, 0.09]) == [46, 45, 9])
    #expect(WholeShares.percents([]) == [])
  }

  @Test("Wrapping keeps every word and the width", arguments: 1...200)
  func wrapping(seed: Int) {
    var generator = SeededGenerator(seed: seed)
    let text = Samples.text(
      using: &generator, words: 0...40, longest: [5, 30, 200].randomElement(using: &generator) ?? 5)
    let width = Int.random(in: 1...100, using: &generator)
    let lines = TextTable.wrap(text, width)
    #expect(lines.allSatisfy { $0.count <= width })
    #expect(lines.joined().filter { $0 != " " } == text.filter { $0 != " " })
    // Words that fit a line are never cut.
    if text.split(separator: " ").allSatisfy({ $0.count <= width }) {
      #expect(lines.flatMap { $0.split(separator: " ") } == text.split(separator: " "))
    }
  }

  @Test("A text hangs under its start, behind a name of any length", arguments: [0, 4, 50, 51, 130])
  func hanging(length: Int) {
    let name = String(repeating: "n", count: length)
    let text = String(repeating: "word ", count: 60) + String(repeating: "x", count: 300)
    let lines = HangingText.lines(name, text)
    #expect(lines.allSatisfy { $0.count <= 100 && $0.last != " " })
    #expect(letters(lines) == letters([name, text]))
    if length <= 50 {
      #expect(lines[0].hasPrefix(name + "word"))
      #expect(lines.dropFirst().allSatisfy { $0.hasPrefix(String(repeating: " ", count: length)) })
    }
  }
}
