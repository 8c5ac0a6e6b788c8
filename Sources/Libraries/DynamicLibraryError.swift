/// Why a library can't be used.
public enum DynamicLibraryError: Error, Hashable, Sendable, CustomStringConvertible {
  /// It can't be loaded: what the loader says of each place that was tried.
  case missing(tried: [String])
  /// It is there and lacks functions.
  case lacking(path: String, symbols: [String])

  /// What the loader says of each place that was tried; none for a library that is there.
  public var tried: [String] { if case .missing(let tried) = self { tried } else { [] } }

  /// What was found, and what was expected.
  public var description: String {
    switch self {
    case .missing(let tried): "can't be loaded: \(tried.joined(separator: "; "))"
    case .lacking(let path, let symbols): "\(path): it lacks \(symbols.joined(separator: ", "))"
    }
  }
}
