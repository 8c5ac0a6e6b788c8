import CLoader

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A library that is opened when it is first needed, and not when the program starts: what a machine lacks is then an
/// error of whoever asked for it, and not one of the loader.
///
///     let library = try DynamicLibrary(names: ["libcuda.so.1"])
///     var symbols = library.symbols
///     let version: @convention(c) (UnsafeMutablePointer<CInt>) -> CInt = symbols.find("cuDriverGetVersion")
///     try symbols.finish()
///
/// Once opened it stays: threads and buffers of such a library belong to the process.
public struct DynamicLibrary: Sendable {
  /// The name or path under which it was found.
  public let name: String
  /// What the loader said of each place that was tried before.
  public let tried: [String]
  private nonisolated(unsafe) let handle: UnsafeMutableRawPointer

  /// Opens the first of some names that the loader finds.
  ///
  /// - Parameters:
  ///   - names: The names, in turn. A name without a slash is looked for where the system's loader looks.
  ///   - folders: Where names are looked for before, in turn.
  /// - Throws: ``DynamicLibraryError/missing(tried:)``.
  public init(names: [String], folders: [String] = []) throws(DynamicLibraryError) {
    var tried: [String] = []
    for path in folders.flatMap({ folder in names.map { Self.path($0, in: folder) } }) + names {
      if let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL) {
        (name, self.tried, self.handle) = (path, tried, handle)
        return
      }
      tried.append(dlerror().map { String(cString: $0) } ?? path)
    }
    throw .missing(tried: tried)
  }

  /// Opens a file.
  ///
  /// - Throws: ``DynamicLibraryError/missing(tried:)``.
  public init(path: String) throws(DynamicLibraryError) {
    // Without a slash the loader would look for the name in its own folders.
    try self.init(names: [path.contains("/") ? path : "./" + path])
  }

  /// A reader of its functions.
  public var symbols: DynamicSymbols { DynamicSymbols(library: self) }

  /// The file that one of its functions is in; nil where there is none of that name or the loader can't tell.
  public func file(ofFunction name: String) -> String? {
    address(of: name).flatMap { treeline_file_of($0) }.map { String(cString: $0) }
  }

  /// The address of a function or variable; nil where there is none.
  public func address(of name: String) -> UnsafeMutableRawPointer? { dlsym(handle, name) }

  private static func path(_ name: String, in folder: String) -> String {
    let start = folder.contains("/") ? folder : "./" + folder
    return start.hasSuffix("/") ? start + name : start + "/" + name
  }
}
