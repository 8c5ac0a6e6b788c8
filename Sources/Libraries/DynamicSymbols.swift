import CLoader

/// The functions of a library, found one after another; what is missing is gathered, to be reported at once.
public struct DynamicSymbols {
  /// The library.
  public let library: DynamicLibrary
  /// What it lacks of what was asked for.
  public private(set) var missing: [String] = []

  init(library: DynamicLibrary) {
    self.library = library
  }

  /// Finds a function.
  ///
  /// - Parameter name: The name.
  /// - Returns: The function; one that does nothing where the library lacks it, which ``finish()`` then reports: it must
  ///   not be called before.
  public mutating func find<Function>(_ name: String, as type: Function.Type = Function.self) -> Function {
    if let address = library.address(of: name) { return unsafeBitCast(address, to: type) }
    missing.append(name)
    return unsafeBitCast(treeline_no_function(), to: type)
  }

  /// Ends the search.
  ///
  /// - Throws: ``DynamicLibraryError/lacking(path:symbols:)`` with every name that was not found.
  public func finish() throws(DynamicLibraryError) {
    guard missing.isEmpty else { throw .lacking(path: library.name, symbols: missing) }
  }
}
