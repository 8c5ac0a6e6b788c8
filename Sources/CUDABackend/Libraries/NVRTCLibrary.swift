import Libraries
import Quantities

/// NVRTC, NVIDIA's compiler of CUDA C++ as a library: sources and headers are texts, and what comes out is machine code.
///
/// Functions of nvrtc.h, CUDA 12: it needs neither a device nor a driver. Any number of threads may compile.
public struct NVRTCLibrary: Sendable {
  private typealias Program = OpaquePointer
  private typealias Texts = UnsafePointer<UnsafePointer<CChar>?>
  private typealias SizeFunction = @convention(c) (Program?, UnsafeMutablePointer<Int>?) -> CInt
  private typealias TextFunction = @convention(c) (Program?, UnsafeMutablePointer<CChar>?) -> CInt

  /// What compiling a source gave.
  public struct Output: Sendable {
    /// The machine code, an ELF file.
    public let code: [UInt8]
    /// What the compiler and its assembler printed.
    public let log: String
  }

  /// The file that holds the library.
  public let path: String
  /// The major version, such as 12.
  public let major: Int
  /// The minor version, such as 9.
  public let minor: Int
  /// The architectures that it compiles for, such as `sm_90`, without those of one generation only (`sm_90a`).
  public let architectures: [String]

  private let errorText: @convention(c) (CInt) -> UnsafePointer<CChar>?
  private let create:
    @convention(c) (
      UnsafeMutablePointer<Program?>?, UnsafePointer<CChar>?, UnsafePointer<CChar>?, CInt, Texts?, Texts?
    ) -> CInt
  private let destroy: @convention(c) (UnsafeMutablePointer<Program?>?) -> CInt
  private let compileProgram: @convention(c) (Program?, CInt, Texts?) -> CInt
  private let logSize: SizeFunction
  private let log: TextFunction
  private let codeSize: SizeFunction
  private let code: TextFunction

  /// Opens the library.
  ///
  /// - Parameter folders: Where to look first.
  /// - Throws: ``CUDAError/libraryMissing(_:tried:)`` or ``CUDAError/libraryUnfit(_:path:problem:)``.
  public init(folders: [String] = []) throws(CUDAError) {
    let library = try CUDALibrary.nvrtc.open(folders)
    var symbols = library.symbols
    errorText = symbols.find("nvrtcGetErrorString")
    create = symbols.find("nvrtcCreateProgram")
    destroy = symbols.find("nvrtcDestroyProgram")
    compileProgram = symbols.find("nvrtcCompileProgram")
    logSize = symbols.find("nvrtcGetProgramLogSize")
    log = symbols.find("nvrtcGetProgramLog")
    codeSize = symbols.find("nvrtcGetCUBINSize")
    code = symbols.find("nvrtcGetCUBIN")
    let version: @convention(c) (UnsafeMutablePointer<CInt>?, UnsafeMutablePointer<CInt>?) -> CInt =
      symbols.find("nvrtcVersion")
    let count: @convention(c) (UnsafeMutablePointer<CInt>?) -> CInt = symbols.find("nvrtcGetNumSupportedArchs")
    let list: @convention(c) (UnsafeMutablePointer<CInt>?) -> CInt = symbols.find("nvrtcGetSupportedArchs")
    try CUDALibrary.nvrtc.finish(symbols)
    path = library.file(ofFunction: "nvrtcVersion") ?? library.name
    var (major, minor, known): (CInt, CInt, CInt) = (0, 0, 0)
    guard version(&major, &minor) == 0, count(&known) == 0, known > 0 else {
      throw .libraryUnfit(.nvrtc, path: path, problem: "it does not tell its version or its architectures")
    }
    var numbers = [CInt](repeating: 0, count: Int(known))
    _ = list(&numbers)
    (self.major, self.minor) = (Int(major), Int(minor))
    architectures = numbers.map { "sm_\($0)" }
    guard major >= 12 else {
      throw .libraryUnfit(.nvrtc, path: path, problem: "its version is \(major).\(minor); expected 12.0 or later")
    }
  }

  /// Such as `NVRTC 12.9`.
  public var title: String { "NVRTC \(major).\(minor)" }

  /// Whether it compiles for an architecture: `sm_90a` wherever it does for `sm_90`.
  public func knows(_ architecture: String) -> Bool {
    architectures.contains(architecture)
      || (architecture.hasSuffix("a") && architectures.contains(String(architecture.dropLast())))
  }

  /// Compiles a source.
  ///
  /// - Parameters:
  ///   - source: Its text.
  ///   - name: Its name, for messages.
  ///   - headers: The headers that it may include, by name, with their texts.
  ///   - options: The compiler's options; `--gpu-architecture` among them.
  ///   - architecture: What it is compiled for, for errors.
  /// - Throws: ``CUDAError/compilation(source:architecture:log:)``.
  public func compile(
    _ source: String, name: String, headers: [(name: String, text: String)], options: [String], architecture: String
  ) throws(CUDAError) -> Output {
    var program: Program?
    let created = Self.withTexts(headers.map(\.text)) { texts in
      Self.withTexts(headers.map(\.name)) { names in create(&program, source, name, CInt(headers.count), texts, names) }
    }
    try check(created, name, architecture)
    defer { _ = destroy(&program) }
    let compiled = Self.withTexts(options) { compileProgram(program, CInt(options.count), $0) }
    let messages = try text(program, logSize, log, name, architecture)
    let printed = String(decoding: messages.prefix { $0 != 0 }, as: UTF8.self)
    guard compiled == 0 else {
      throw .compilation(
        source: name, architecture: architecture, log: "\(result(compiled))\(printed.isEmpty ? "" : "\n")\(printed)")
    }
    return Output(code: try text(program, codeSize, code, name, architecture), log: printed)
  }

  private func text(
    _ program: Program?, _ size: SizeFunction, _ get: TextFunction, _ name: String, _ architecture: String
  ) throws(CUDAError) -> [UInt8] {
    var count = 0
    try check(size(program, &count), name, architecture)
    var bytes = [CChar](repeating: 0, count: count)
    try check(get(program, &bytes), name, architecture)
    return bytes.map { UInt8(bitPattern: $0) }
  }

  private func check(_ code: CInt, _ name: String, _ architecture: String) throws(CUDAError) {
    guard code == 0 else { throw .compilation(source: name, architecture: architecture, log: result(code)) }
  }

  private func result(_ code: CInt) -> String { errorText(code).map { String(cString: $0) } ?? "NVRTC's error \(code)" }

  /// Calls a body with texts as C has them.
  private static func withTexts(_ texts: [String], _ body: (Texts) -> CInt) -> CInt {
    let bytes = texts.map { Array($0.utf8CString) }
    var pointers: [UnsafePointer<CChar>?] = []
    func call(_ index: Int) -> CInt {
      guard index < bytes.count else { return pointers.withUnsafeBufferPointer { $0.baseAddress.map(body) ?? -1 } }
      return bytes[index].withUnsafeBufferPointer { text in
        pointers.append(text.baseAddress)
        return call(index + 1)
      }
    }
    if bytes.isEmpty { pointers.append(nil) }
    return call(0)
  }
}
