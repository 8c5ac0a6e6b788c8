import Quantities
import TestSupport
import Testing

@Suite("Nearest name")
struct NearestNameTests {
  let devices = ["h100-sxm", "a100-sxm-80gb", "a100-sxm-40gb", "mi300x", "rtx4090"]

  @Test("A misspelt name finds what was meant")
  func finds() {
    #expect(NearestName.nearest(to: "h100sxm", among: devices) == "h100-sxm")
    #expect(NearestName.nearest(to: "H100-SXM", among: devices) == "h100-sxm")
    #expect(NearestName.nearest(to: "mi30x0", among: devices) == "mi300x")
    #expect(NearestName.nearest(to: "a100-sxm-8gb", among: devices) == "a100-sxm-80gb")
    #expect(NearestName.suggestion(for: "mi300", among: devices) == "; did you mean 'mi300x'?")
  }

  @Test("A name near to nothing suggests nothing")
  func findsNothing() {
    #expect(NearestName.nearest(to: "zebra", among: devices) == nil)
    #expect(NearestName.nearest(to: "", among: devices) == nil)
    #expect(NearestName.nearest(to: "x", among: ["y"]) == nil)
    #expect(NearestName.nearest(to: "h100", among: [String]()) == nil)
    #expect(NearestName.nearest(to: "a", among: [""]) == nil)
    #expect(NearestName.suggestion(for: "zebra", among: devices).isEmpty)
  }

  @Test("Among equals the first wins")
  func ties() {
    #expect(NearestName.nearest(to: "link3", among: ["link1", "link2"]) == "link1")
    #expect(NearestName.nearest(to: "link3", among: ["link2", "link1"]) == "link2")
  }

  @Test("One edit of any kind is forgiven, a swap of neighbours too")
  func oneEdit() {
    var generator = SeededGenerator(seed: 3)
    let alphabet = Array("abcdefghij")
    for _ in 0..<2_000 {
      let length = Int.random(in: 4...20, using: &generator)
      let name = String((0..<length).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &generator)] })
      var letters = Array(name)
      let place = Int.random(in: 0..<letters.count - 1, using: &generator)
      switch Int.random(in: 0..<4, using: &generator) {
      case 0: letters.remove(at: place)
      case 1: letters.insert("z", at: place)
      case 2: letters[place] = "z"
      default: letters.swapAt(place, place + 1)
      }
      let other = String(repeating: "z", count: 28)
      #expect(NearestName.nearest(to: String(letters), among: [other, name]) == name)
    }
  }

  @Test("A name of a million letters is no trouble")
  func long() {
    #expect(NearestName.nearest(to: String(repeating: "h", count: 1_000_000), among: devices) == nil)
  }
}
