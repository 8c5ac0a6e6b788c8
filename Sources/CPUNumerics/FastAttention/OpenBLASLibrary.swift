import Libraries

/// OpenBLAS as the loader finds it when it is first asked for: nothing else of Treeline needs it, and a machine without it
/// runs everything else.
///
/// Once opened it stays: its threads and its buffers belong to the process.
struct OpenBLASLibrary: Sendable {
  /// cblas_sgemm, for libraries whose integers have 32 bits.
  typealias SingleProduct =
    @convention(c) (
      _ order: CInt, _ transposeA: CInt, _ transposeB: CInt, _ rows: CInt, _ columns: CInt, _ depth: CInt,
      _ alpha: Float, _ a: UnsafePointer<Float>, _ strideA: CInt, _ b: UnsafePointer<Float>, _ strideB: CInt,
      _ beta: Float, _ c: UnsafeMutablePointer<Float>, _ strideC: CInt
    ) -> Void

  /// The numbers of cblas.h's enumerations.
  enum Layout {
    static let rowMajor: CInt = 101
    static let asIs: CInt = 111
    static let transposed: CInt = 112
  }

  /// The file that holds the library.
  let path: String
  /// The product of two matrices in single precision.
  let singleProduct: SingleProduct
  /// Version and options of the build, and the processor that its loops are for.
  let configuration: String
  /// The name of the processor that its loops are for.
  let kernel: String

  /// The names under which OpenBLAS is looked for, in turn: as a distribution's runtime package has it, then as its
  /// development package has it.
  static let names = ["libopenblas.so.0", "libopenblas.so"]

  /// Opens the library and turns its own threads off.
  ///
  /// - Parameter path: The file to open; nil for the first of ``names`` that the loader finds.
  /// - Throws: ``FastAttentionError/libraryMissing(tried:)`` or ``FastAttentionError/libraryUnfit(path:problem:)``.
  init(path: String?) throws(FastAttentionError) {
    let library: DynamicLibrary
    do throws(DynamicLibraryError) {
      library = if let path { try DynamicLibrary(path: path) } else { try DynamicLibrary(names: Self.names) }
    } catch {
      throw .libraryMissing(tried: error.tried)
    }
    typealias Text = @convention(c) () -> UnsafePointer<CChar>?
    var symbols = library.symbols
    singleProduct = symbols.find("cblas_sgemm")
    let threads = symbols.find("openblas_set_num_threads", as: (@convention(c) (CInt) -> Void).self)
    let options = symbols.find("openblas_get_config", as: Text.self)
    let core = symbols.find("openblas_get_corename", as: Text.self)
    guard symbols.missing.isEmpty else {
      throw .libraryUnfit(
        path: path ?? library.name, problem: "it lacks \(symbols.missing.joined(separator: ", "))")
    }
    self.path = library.file(ofFunction: "cblas_sgemm") ?? library.name
    kernel = core().map { String(cString: $0) } ?? "unknown"
    let build = options().map { String(cString: $0) } ?? "OpenBLAS of unknown build"
    configuration = build.trimming(kernel) + ", loops for " + kernel
    guard !build.contains("USE64BITINT") else {
      throw .libraryUnfit(path: self.path, problem: "its integers have 64 bits (\(build)); expected 32")
    }
    threads(1)
  }
}

extension String {
  /// The text without blanks at its ends and without the word that it may end with.
  fileprivate func trimming(_ word: String) -> String {
    var words = split(separator: " ")
    if let last = words.last, last == word { words.removeLast() }
    return words.joined(separator: " ")
  }
}
