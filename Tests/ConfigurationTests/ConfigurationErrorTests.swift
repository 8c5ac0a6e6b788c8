import Configuration
import Testing

@Suite("Configuration errors")
struct ConfigurationErrorTests {
  @Test("An error prints as compilers do, with what is known of its place")
  func description() {
    let all = ConfigurationError(file: "a.yaml", line: 3, column: 5, path: "links.ndr", message: "wrong")
    #expect(all.description == "a.yaml:3:5: links.ndr: wrong")
    #expect(ConfigurationError(file: "a.yaml", line: 3, message: "wrong").description == "a.yaml:3: wrong")
    #expect(
      ConfigurationError(file: "a.yaml", column: 5, path: "x", message: "wrong").description == "a.yaml: x: wrong")
    #expect(ConfigurationError(file: "--set", message: "wrong").description == "--set: wrong")
  }

  @Test("A missing configuration says where it was looked for and what was near")
  func missing() {
    let name = MissingConfiguration(name: "h10", folders: ["a", "b"], nearest: "h100", available: ["h100", "tpu"])
    #expect(
      name.description == "'h10': no such file, searched in a, b; did you mean 'h100'? (there are: h100, tpu)")
    #expect(MissingConfiguration(name: "x/y", reason: "is a folder").description == "'x/y': is a folder")
  }
}
