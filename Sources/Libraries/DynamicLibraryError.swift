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
    case .lacking(let path, let symbols): "\(path): \(Self.lacking(symbols))"
    }
  }

  /// The most names that a message has; a library that lacks more is another one, or far too old.
  private static let mostNames = 6

  /// What a library lacks, in words: the first few names, and how many more.
  public static func lacking(_ symbols: [String]) -> String {
    let more = symbols.count - mostNames
    guard more > 1 else { return "it lacks \(symbols.joined(separator: ", "))" }
    return "it lacks \(symbols.prefix(mostNames).joined(separator: ", ")) and \(more) more functions"
  }
}
