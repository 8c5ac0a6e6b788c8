import CUDABackend
import Foundation
import Testing

@Suite struct KernelTableTests {
  /// The folder of the checkout's kernels.
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Sources/CUDABackend/Kernels").path

  private func problem(_ text: String) -> String {
    do {
      _ = try KernelTable(Data(text.utf8), file: "table.json")
      return "none"
    } catch {
      return "\(error)"
    }
  }

  private func table(_ instances: String) -> String {
    #"{"headers":[],"architectures":["sm_80"],"families":[{"name":"f","source":"f.cu","arguments":[],"instances":["#
      + instances + "]}]}"
  }

  @Test("The checkout's table and its sources are read")
  func readsCheckout() throws {
    let sources = try KernelSources(folder: Self.folder)
    #expect(
      sources.table.sources == ["decode.cu", "decode_latent.cu", "memory.cu", "merge.cu", "prefill.cu", "states.cu"])
    let decode = try #require(sources.table.find("decode_bf16_128"))
    #expect(decode.family.name == "decode")
    #expect(decode.kernel.threads == 128)
    #expect(decode.kernel.shared(splits: 7) == 65536)
    #expect(try #require(sources.table.find("merge_output_fp32")).kernel.shared(splits: 7) == 128 + 28)
    #expect(
      decode.family.arguments.map(\.type.rawValue).joined(separator: " ")
        == "address address address address address address int32 int32 int32 int32 int32 int32 float")
    #expect(sources.headers.map(\.name) == ["instructions.cuh", "formats.cuh", "softmax.cuh", "fragments.cuh"])
    for architecture in sources.table.architectures { #expect(MultiprocessorLimits.of(architecture) != nil) }
  }

  @Test("What is wrong with a table is told with its place")
  func refusesWrongTables() {
    let one = #"{"name":"k","threads":64,"shared":0}"#
    #expect(problem(table(one)) == "none")
    #expect(problem("nonsense").contains("table.json: not JSON"))
    #expect(problem(table(one + "," + one)).contains("second kernel 'k'"))
    #expect(problem(table(#"{"name":"k","threads":48,"shared":0}"#)).contains("48 threads, expected a multiple of 32"))
    #expect(problem(table(#"{"name":"k","threads":64,"shared":-1}"#)).contains("shared memory below zero"))
    #expect(problem(table(#"{"name":"k","shared":0}"#)).contains("families[0].instances[0]: found no 'threads'"))
    #expect(problem(#"{"headers":[],"architectures":[],"families":[]}"#).contains("found no families"))
  }

  @Test("A source that is missing is missed at once")
  func missesSources() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("kernels-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data(table(#"{"name":"k","threads":64,"shared":0}"#).utf8)
      .write(to: folder.appendingPathComponent("kernels.json"))
    let error = #expect(throws: (any Error).self) { try KernelSources(folder: folder.path) }
    #expect("\(error.map { "\($0)" } ?? "")".contains("f.cu"))
  }
}
