import Quantities

/// Why attention could not be computed on the fast path.
public enum FastAttentionError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Keys and values of a type that the loops do not read.
  case type(DataType)
  /// A tensor has another number of elements than its shape says.
  case count(tensor: String, found: Int, expected: Int)
  /// Keys and values are stored in different formats.
  case mixedFormats
  /// A shape that has no attention: what is wrong with it.
  case shape(String)
  /// A variant that this processor can't run.
  case variant(KernelVariant)
  /// OpenBLAS can't be loaded: what the loader says of each file that was tried.
  case libraryMissing(tried: [String])
  /// A library that can be loaded, but not used: its file, and what is wrong with it.
  case libraryUnfit(path: String, problem: String)
  /// OpenBLAS gives wrong results: what was computed, the largest difference, and the library's file and its word on
  /// itself.
  case library(product: String, difference: Float, configuration: String)

  /// Whether a library or a processor is the reason: nothing is wrong with what was asked for.
  public var isUnavailable: Bool {
    switch self {
    case .variant, .libraryMissing, .libraryUnfit, .library: true
    case .type, .count, .mixedFormats, .shape: false
    }
  }

  /// What was found, and what was expected.
  public var description: String {
    switch self {
    case .type(let type): "keys and values of type \(type): the fast path reads fp32, bf16 and fp16"
    case .count(let tensor, let found, let expected):
      "the tensor '\(tensor)' has \(found) elements, but its shape has \(expected)"
    case .mixedFormats: "keys and values are stored in different formats; expected one for both"
    case .shape(let problem): problem
    case .variant(let variant):
      "this processor has no \(variant); it can run " + KernelVariant.available.map { "\($0)" }.joined(separator: ", ")
    case .libraryMissing(let tried):
      """
      OpenBLAS can't be loaded: \(tried.joined(separator: "; ")); the loader looks in LD_LIBRARY_PATH, in /etc/ld.so.cache \
      and in the system's library folders; install it, on Debian or Ubuntu by apt-get install libopenblas0 (or \
      libopenblas-dev), or name its file by --openblas
      """
    case .libraryUnfit(let path, let problem):
      """
      OpenBLAS at \(path) can't be used: \(problem); install another build of it, on Debian or Ubuntu libopenblas0, or \
      name another file by --openblas
      """
    case .library(let product, let difference, let configuration):
      """
      OpenBLAS gives wrong results: \(product) differs by up to \(difference) from the same product computed plainly; \
      the library is \(configuration); install another build of it, on Debian or Ubuntu libopenblas0, or name another file \
      by --openblas
      """
    }
  }
}
