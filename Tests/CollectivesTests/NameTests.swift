import Testing

@testable import Collectives

@Suite struct NameTests {
  @Test func everyNameIsReadBack() throws {
    for algorithm in Groups.flat + Groups.hierarchical {
      #expect(try CollectiveAlgorithm(parsing: algorithm.name) == algorithm)
      #expect(try CollectiveChoice(parsing: algorithm.name) == .fixed(algorithm))
    }
    #expect(try CollectiveChoice(parsing: "auto") == .auto)
    #expect(
      try CollectiveAlgorithm(parsing: " hierarchical( ring , double-binary-tree ) ")
        == .hierarchical(inside: .ring, across: .doubleBinaryTree))
  }

  static func message(_ text: String) -> String {
    do {
      return "read as \(try CollectiveChoice(parsing: text))"
    } catch {
      return error.description
    }
  }

  @Test func misspeltNamesAreCorrected() {
    #expect(Self.message("rign").hasSuffix("did you mean 'ring'?"))
    #expect(Self.message("one_shot").hasSuffix("did you mean 'one-shot'?"))
    #expect(Self.message("hierarchical(ring,doublebinarytree)").hasSuffix("did you mean 'double-binary-tree'?"))
    #expect(Self.message("heirarchical(ring,ring)").contains("hierarchical(INSIDE,ACROSS)"))
    #expect(Self.message("atuo").hasSuffix("did you mean 'auto'?"))
    for text in ["", "hierarchical", "hierarchical(ring)", "hierarchical(ring,ring", "hierarchical(ring,ring,ring)"] {
      #expect(Self.message(text).hasPrefix("found '\(text)', expected "))
    }
  }
}
