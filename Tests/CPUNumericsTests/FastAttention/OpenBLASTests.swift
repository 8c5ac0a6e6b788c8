import Foundation
import Testing

@testable import CPUNumerics

/// Libraries that are missing, unfit or wrong, each made for the test: attention must refuse them by name.
@Suite struct OpenBLASTests {
  /// A product that OpenBLAS would give, or one that it would not.
  private static func source(
    product: String, threads: Bool = true, build: String = "OpenBLAS 9.9.9 FAKE"
  ) -> String {
    """
    void cblas_sgemm(int order, int ta, int tb, int m, int n, int k, float alpha, const float *a, int lda,
                     const float *b, int ldb, float beta, float *c, int ldc) {
      for (int i = 0; i < m; i++)
        for (int j = 0; j < n; j++) {
          float sum = 0;
          for (int l = 0; l < k; l++) sum += a[i * lda + l] * (tb == 112 ? b[j * ldb + l] : b[l * ldb + j]);
          c[i * ldc + j] = \(product);
        }
    }
    const char *openblas_get_config(void) { return "\(build) Fakelake"; }
    const char *openblas_get_corename(void) { return "Fakelake"; }
    \(threads ? "void openblas_set_num_threads(int count) {}" : "")
    """
  }

  private static let right = "alpha * sum + (beta == 0 ? 0 : beta * c[i * ldc + j])"

  /// Compiles a library; the folder goes with the closure's end.
  private static func with(_ source: String, _ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("openblas-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("fake.c")
    let library = folder.appendingPathComponent("libopenblas.so").path
    try Data(source.utf8).write(to: file)
    let compiler = Process()
    compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    compiler.arguments = ["clang", "-shared", "-fPIC", "-O1", "-Wno-everything", "-o", library, file.path]
    try compiler.run()
    compiler.waitUntilExit()
    try #require(compiler.terminationStatus == 0, "clang, which Swift brings, must compile the library")
    try body(library)
  }

  private static func error(of path: String) -> FastAttentionError? {
    do {
      _ = try FastPrefill(jobs: 1, openBLAS: path)
      return nil
    } catch { return error }
  }

  @Test func aRightLibraryIsTakenByItsPath() throws {
    try Self.with(Self.source(product: Self.right)) { path in
      let products = try MatrixProducts.checked(path: path)
      #expect(products.path == path && products.kernel == "Fakelake")
      #expect(products.configuration == "OpenBLAS 9.9.9 FAKE, loops for Fakelake")
    }
  }

  @Test(arguments: [
    "alpha * sum", "alpha * sum + beta * c[i * ldc + j] + (i == 129 ? 0.125f : 0)", "0.0f / 0.0f",
    "alpha * sum + (beta == 0 ? 0 : beta * c[i * ldc + j]) + (k > 128 && j == 66)",
  ])
  func wrongProductsAreRefusedWithTheLibraryAndItsKernel(product: String) throws {
    try Self.with(Self.source(product: product)) { path in
      let error = Self.error(of: path)
      guard case .library(_, let difference, let configuration) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(difference > 0)
      #expect(configuration.contains(path) && configuration.contains("loops for Fakelake"))
      #expect(error?.isUnavailable == true)
    }
  }

  @Test func missingFunctionsAreNamed() throws {
    try Self.with(Self.source(product: Self.right, threads: false)) { path in
      #expect(Self.error(of: path) == .libraryUnfit(path: path, problem: "it lacks openblas_set_num_threads"))
    }
    try Self.with("int nothing;") { path in
      let names = "cblas_sgemm, openblas_set_num_threads, openblas_get_config, openblas_get_corename"
      #expect(Self.error(of: path) == .libraryUnfit(path: path, problem: "it lacks \(names)"))
    }
  }

  @Test func integersOf64BitsAreRefusedBeforeAnyProduct() throws {
    let source = Self.source(product: "*(volatile float *)0", build: "OpenBLAS 9.9.9 USE64BITINT")
    try Self.with(source) { path in
      guard case .libraryUnfit(path, let problem) = Self.error(of: path) else {
        Issue.record("it was taken")
        return
      }
      #expect(problem.contains("64 bits"))
    }
  }

  @Test func aFileThatIsNotThereOrNoLibraryIsNamed() throws {
    for path in ["/nowhere/libopenblas.so", #filePath] {
      guard case .libraryMissing(let tried) = Self.error(of: path) else {
        Issue.record("\(path) was taken")
        return
      }
      #expect(tried.count == 1 && tried[0].contains(path))
      #expect("\(FastAttentionError.libraryMissing(tried: tried))".contains("apt-get install libopenblas0"))
    }
  }
}
