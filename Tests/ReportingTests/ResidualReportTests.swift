import CPUNumerics
import Testing

@testable import Reporting

/// Residuals for people and as JSON: what misses is named, and nothing breaks on numbers that are not finite.
@Suite struct ResidualReportTests {
  private static func row(_ name: String, _ value: Double, _ bound: Double) -> Residual {
    Residual(
      name: name, place: "head 2", value: value, bound: bound, source: "2u", reproduction: "treeline check \(name)")
  }

  @Test("A miss is marked, counted and reproduced; the worst is named")
  func misses() {
    let rows = [Self.row("good", 1e-16, 2e-16), Self.row("bad", 3e-12, 1e-12), Self.row("broken", .nan, 1)]
    let lines = ResidualReport(title: "A check", residuals: rows).lines
    #expect(lines.filter { $0.hasSuffix("MISS") }.count == 2)
    let text = lines.joined(separator: "\n")
    #expect(text.contains("2 of 3 residuals are past their bounds. Worst: broken at head 2, inf of its bound."))
    #expect(text.contains("Again: treeline check broken"))
    #expect(text.contains("1.00e-16") && text.contains("2.00e-16") && text.contains("nan"))
  }

  @Test("Within all bounds the one closest to its own is named")
  func worst() {
    let rows = [Self.row("a", 0, 0), Self.row("b", 9.999e-5, 1e-4), Self.row("c", 3, 7)]
    let text = ResidualReport(title: "A check", residuals: rows).lines.joined(separator: "\n")
    #expect(text.contains("All 3 residuals are within their bounds. Worst: b at head 2, 1 of its bound."))
    #expect(text.contains("1.00e-4") && !text.contains("10.00e"))
    #expect(ResidualReport(title: "A check", residuals: []).lines.contains("Nothing was checked."))
  }

  @Test("JSON has null for what is not finite")
  func json() throws {
    let document = ResidualDocument(
      check: "theory", number: nil, seed: 1, residuals: [Self.row("broken", .nan, 1), Self.row("far", .infinity, 0)])
    let text = try JSONText.encode(document)
    #expect(text.contains("\"passed\" : false"))
    #expect(!text.contains("nan") && !text.contains("inf,"))
  }
}
