import Foundation
import Quantities
import TestSupport
import Testing

@testable import Reporting
@testable import ResultStore

@Suite struct FormatTests {
  @Test("CSV quotes what needs it and nothing else, as RFC 4180 has it")
  func csv() {
    let lines = CSVText.lines(
      header: ["plain", "a,b", "say \"x\""],
      rows: [["", " spaces ", "two\nlines"], ["µ→", "'", "\r"], ["\"", ",", "\r\n"]])
    #expect(
      lines == [
        "plain,\"a,b\",\"say \"\"x\"\"\"", ", spaces ,\"two\nlines\"", "µ→,',\"\r\"", "\"\"\"\",\",\",\"\r\n\"",
      ])
  }

  @Test("CSV reads back as it was written", arguments: 1...50)
  func csvRoundTrip(seed: Int) {
    var generator = SeededGenerator(seed: seed)
    let pieces = ["a", "\"", ",", "\n", " ", "\r\n", "ö", "\"\"", ",,"]
    let cells = (0..<Int.random(in: 1...8, using: &generator)).map { _ in
      (0..<Int.random(in: 0...5, using: &generator)).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
    }
    let line = CSVText.lines(header: cells, rows: [])[0]
    var read = [""]
    var isQuoted = false
    var previous: Character = ","
    for character in line {
      if character == "\"" {
        if !isQuoted, previous == "\"" { read[read.count - 1].append("\"") }
        isQuoted.toggle()
      } else if character == ",", !isQuoted {
        read.append("")
      } else {
        read[read.count - 1].append(character)
      }
      previous = character
    }
    #expect(read == cells)
  }

  @Test("A run is valid JSON that keeps every bit of its figures, and no time of day")
  func runDocument() throws {
    let bytes: Int64 = 9_007_199_254_740_993  // 2^53 + 1, which no Double holds.
    let seconds = 0.1 + 0.2
    let document = RunDocument(
      number: 3, run: Samples.run(note: "a \"remark\"\n→ / \\ \u{1}"), inputs: [Samples.topology("1 GB/s")],
      results: [Samples.result("tree", seconds: seconds, bytes: bytes, status: .doesNotFit)])
    let text = try RunDocument.json([document])
    #expect(text.contains("\(bytes)"))
    #expect(text.contains("\(seconds)"))
    #expect(!text.contains("2025-01-31"))
    #expect(!text.contains("\\/"))
    let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    #expect(object["run"] as? Int == 3)
    #expect(object["note"] as? String == "a \"remark\"\n→ / \\ \u{1}")
    let results = try #require(object["results"] as? [[String: Any]])
    #expect(results[0]["status"] as? String == "does not fit")
    let metrics = try #require(results[0]["metrics"] as? [[String: Any]])
    #expect(metrics.count == 5)
    #expect(
      metrics.allSatisfy { ($0["provenance"] as? String) == "simulated" && $0["unit"] is String && $0["value"] != nil })
    let list = try RunDocument.json([document, document])
    #expect(try JSONSerialization.jsonObject(with: Data(list.utf8)) is [Any])
    #expect(try JSONSerialization.jsonObject(with: Data(RunDocument.json([]).utf8)) is [Any])
  }

  @Test("A number that is not finite is no JSON")
  func notFinite() {
    #expect(throws: EncodingError.self) { try JSONText.encode([Double.nan]) }
  }

  @Test("Rows of metrics have a cell for each column")
  func metricRows() {
    let rows = MetricRows.rows(
      number: nil, run: Samples.run(),
      results: [Samples.result("tree", seconds: 1, bytes: 10), Samples.result("ring", seconds: 2, bytes: 4)])
    #expect(rows.count == 10)
    #expect(rows.allSatisfy { $0.count == MetricRows.header.count })
    #expect(
      rows[0] == [
        "", "1000", "1", "causal", "2", "4", "bf16", "tree", "some options", "ok", "step time", "", "1.0", "s",
        "simulated",
      ])
    #expect(
      rows[6] == [
        "", "1000", "1", "causal", "2", "4", "bf16", "ring", "some options", "ok", "bytes sent", "all ranks", "4", "B",
        "simulated",
      ])
  }

  @Test(
    "A metric is written with a unit that suits its size",
    arguments: [
      (MetricValue.real(85.2e-6), "s", "85.2 µs"), (.integer(1_500_000), "B", "1.5 MB"),
      (.integer(12_345), "", "12 345"),
      (.real(0.123456), "", "0.1235"), (.real(2), "W", "2 W"), (.integer(2), "W", "2 W"), (.real(0), "s", "0 s"),
      (.real(7.94e10), "B/s", "79.4 GB/s"), (.real(3.1e14), "FLOP/s", "310 TFLOP/s"),
    ])
  func metricText(value: MetricValue, unit: String, text: String) {
    #expect(MetricText.describe(value, unit: unit) == text)
  }

  @Test("A query's result has its cells in place in every format")
  func query() throws {
    let result = QueryResult(
      columns: ["id", "a longer name"],
      rows: [[.integer(1), .text("x,y")], [.null, .real(0.5)], [.real(.infinity), .blob([1, 255])]], isTruncated: false)
    let report = QueryReport(result)
    #expect(report.lines == ["id   a longer name", "───  ─────────────", "1    x,y", "     0.5", "inf  x'01ff'"])
    #expect(report.csvLines == ["id,a longer name", "1,\"x,y\"", ",0.5", "inf,x'01ff'"])
    // A name that a question gives a column neither clears the screen nor ends a line of the table.
    let named = QueryReport(QueryResult(columns: ["a\u{1B}[2J\nb"], rows: [[.integer(1)]], isTruncated: false))
    #expect(named.lines == ["a [2J b", "───────", "1"])
    let object = try #require(try JSONSerialization.jsonObject(with: Data(report.json().utf8)) as? [String: Any])
    let rows = try #require(object["rows"] as? [[Any]])
    #expect(rows[0][0] as? Int == 1)
    #expect(rows[1][0] is NSNull)
    #expect(rows[1][1] as? Double == 0.5)
    #expect(rows[2][0] as? String == "inf")
  }

  @Test("The schema names every table and column, within the width")
  func schema() {
    let lines = SchemaReport(ResultDatabase.schema).lines
    #expect(lines.allSatisfy { $0.count <= 100 && $0.last != " " })
    for table in ResultDatabase.schema.tables {
      #expect(lines.contains { $0.hasPrefix("\(table.name) (\(table.isView ? "view" : "table")): ") })
      for column in table.columns { #expect(lines.contains { $0.hasPrefix("  \(column.name) ") }) }
    }
  }
}
