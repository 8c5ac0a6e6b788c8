import CAttention

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

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
    var tried: [String] = []
    var opened: UnsafeMutableRawPointer?
    for name in path.map({ [Self.fileName($0)] }) ?? Self.names where opened == nil {
      opened = dlopen(name, RTLD_NOW | RTLD_LOCAL)
      if opened == nil { tried.append(dlerror().map { String(cString: $0) } ?? name) }
    }
    guard let opened else { throw .libraryMissing(tried: tried) }
    var missing: [String] = []
    func symbol(_ name: String) -> UnsafeMutableRawPointer? {
      let address = dlsym(opened, name)
      if address == nil { missing.append(name) }
      return address
    }
    let product = symbol("cblas_sgemm")
    let threads = symbol("openblas_set_num_threads")
    let options = symbol("openblas_get_config")
    let core = symbol("openblas_get_corename")
    guard let product, let threads, let options, let core else {
      throw .libraryUnfit(
        path: path ?? Self.names[tried.count], problem: "it lacks \(missing.joined(separator: ", "))")
    }
    self.path = treeline_file_of(product).map { String(cString: $0) } ?? path ?? Self.names[tried.count]
    typealias Text = @convention(c) () -> UnsafePointer<CChar>?
    kernel = unsafeBitCast(core, to: Text.self)().map { String(cString: $0) } ?? "unknown"
    let build = unsafeBitCast(options, to: Text.self)().map { String(cString: $0) } ?? "OpenBLAS of unknown build"
    configuration = build.trimming(kernel) + ", loops for " + kernel
    guard !build.contains("USE64BITINT") else {
      throw .libraryUnfit(path: self.path, problem: "its integers have 64 bits (\(build)); expected 32")
    }
    singleProduct = unsafeBitCast(product, to: SingleProduct.self)
    unsafeBitCast(threads, to: (@convention(c) (CInt) -> Void).self)(1)
  }

  /// A path that the loader takes as one: without a slash it would look for the name in its own folders.
  private static func fileName(_ path: String) -> String { path.contains("/") ? path : "./" + path }
}

extension String {
  /// The text without blanks at its ends and without the word that it may end with.
  fileprivate func trimming(_ word: String) -> String {
    var words = split(separator: " ")
    if let last = words.last, last == word { words.removeLast() }
    return words.joined(separator: " ")
  }
}
