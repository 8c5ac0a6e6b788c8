import Libraries
import Testing

@Suite struct DynamicLibraryTests {
  typealias Length = @convention(c) (UnsafePointer<CChar>?) -> Int

  /// The C library, which every program has open already.
  private func library() throws -> DynamicLibrary { try DynamicLibrary(names: ["libc.so.6", "libc.so"]) }

  @Test("A function that is found can be called")
  func finds() throws {
    let library = try library()
    var symbols = library.symbols
    let length = symbols.find("strlen", as: Length.self)
    try symbols.finish()
    #expect(length("seven..") == 7)
    #expect(library.file(ofFunction: "strlen")?.contains("libc") == true)
    #expect(library.file(ofFunction: "no_such_function_here") == nil)
  }

  @Test("Everything that is missing is named at once")
  func namesAllMissing() throws {
    var symbols = try library().symbols
    _ = symbols.find("first_missing", as: Length.self)
    _ = symbols.find("strlen", as: Length.self)
    _ = symbols.find("second_missing", as: Length.self)
    #expect(symbols.missing == ["first_missing", "second_missing"])
    let error = #expect(throws: DynamicLibraryError.self) { try symbols.finish() }
    guard case .lacking(let path, let names) = error else {
      Issue.record("found \(String(describing: error))")
      return
    }
    #expect(path.hasPrefix("libc.so"))
    #expect(names == ["first_missing", "second_missing"])
    #expect(DynamicLibraryError.lacking(["a", "b"]) == "it lacks a, b")
    #expect(
      DynamicLibraryError.lacking((0..<45).map { "f\($0)" })
        == "it lacks f0, f1, f2, f3, f4, f5 and 39 more functions")
  }

  @Test("Folders come first, and every place that was tried is told")
  func tellsWhatWasTried() throws {
    let error = #expect(throws: DynamicLibraryError.self) {
      try DynamicLibrary(names: ["libnowhere.so.1", "libnowhere.so"], folders: ["/nowhere", "here"])
    }
    guard case .missing(let tried) = error else {
      Issue.record("found \(String(describing: error))")
      return
    }
    #expect(tried.count == 6)
    for (text, place) in zip(
      tried,
      [
        "/nowhere/libnowhere.so.1", "/nowhere/libnowhere.so", "./here/libnowhere.so.1", "./here/libnowhere.so",
        "libnowhere.so.1", "libnowhere.so",
      ])
    {
      #expect(text.hasPrefix(place), "\(text)")
    }
    let found = try DynamicLibrary(names: ["libc.so.6"], folders: ["/nowhere"])
    #expect(found.tried.count == 1)
  }

  @Test("A path without a slash is one, and no name")
  func pathIsNoName() throws {
    let error = #expect(throws: DynamicLibraryError.self) { try DynamicLibrary(path: "libc.so.6") }
    #expect("\(error.map { "\($0)" } ?? "")".contains("./libc.so.6"))
  }
}
