import Foundation
import Testing

@testable import CUDABackend

/// NVIDIA's own NCCL, which `.ci/cuda` installs: it has every function that is asked for, and tells its version.
@Suite struct NCCLLibraryTests {
  private static let folder: String? = {
    var root = URL(fileURLWithPath: #filePath)
    for _ in 0..<3 { root.deleteLastPathComponent() }
    let environment = root.appendingPathComponent(".build/cuda-venv/lib")
    let found = (try? FileManager.default.contentsOfDirectory(atPath: environment.path)) ?? []
    return found.map { environment.appendingPathComponent("\($0)/site-packages/nvidia/nccl/lib").path }
      .first { FileManager.default.fileExists(atPath: $0) }
  }()

  @Test(
    "The real library is opened, without a device",
    .enabled(if: folder != nil, "no NCCL below .build/cuda-venv: .ci/cuda installs it"))
  func opens() throws {
    let library = try NCCLLibrary(folders: [try #require(Self.folder)])
    #expect(library.title == "NCCL 2.21.5")
    #expect(!library.isEmulation)
    #expect(library.path.hasSuffix("nvidia/nccl/lib/libnccl.so.2"))
    // Without a device it makes no ranks, and says why; with one it makes as many as were asked for.
    let id = try? library.newID()
    #expect(id == nil || id?.count == 128)
  }

  @Test("Versions of old and new are read as NCCL writes them")
  func versions() {
    #expect(NCCLLibrary.text(ofVersion: 2804) == "2.8.4")
    #expect(NCCLLibrary.text(ofVersion: 21205) == "2.12.5")
    #expect(NCCLLibrary.text(ofVersion: 22703) == "2.27.3")
  }
}
