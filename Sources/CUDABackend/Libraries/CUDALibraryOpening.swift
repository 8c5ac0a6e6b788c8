import Libraries

extension CUDALibrary {
  /// Opens the library.
  ///
  /// - Parameter folders: Where to look first.
  /// - Throws: ``CUDAError/libraryMissing(_:tried:)``.
  func open(_ folders: [String]) throws(CUDAError) -> DynamicLibrary {
    do {
      return try DynamicLibrary(names: names, folders: folders + self.folders)
    } catch {
      throw .libraryMissing(self, tried: error.tried)
    }
  }

  /// Ends the search for functions.
  ///
  /// - Throws: ``CUDAError/libraryUnfit(_:path:problem:)`` with the first of those that are missing.
  func finish(_ symbols: DynamicSymbols) throws(CUDAError) {
    guard symbols.missing.isEmpty else {
      throw .libraryUnfit(
        self, path: symbols.library.name, problem: DynamicLibraryError.lacking(symbols.missing))
    }
  }
}
