import CAttention

/// The ways in which the inner loops are compiled; which of them a processor can run is asked of it.
///
/// Variants add in different orders, so their results differ within the errors that ``FastDecode`` states. One variant
/// always gives the same bits, in debug and release builds alike.
public enum KernelVariant: Int32, CaseIterable, Hashable, Sendable, CustomStringConvertible {
  /// Vectors of 4 floats of whatever the compiler's target has: SSE2, NEON, or none.
  case portable = 0
  /// Vectors of 8 floats: AVX2 with FMA and F16C.
  case avx2 = 1
  /// Vectors of 16 floats: AVX-512 F, BW, DQ and VL.
  case avx512 = 2

  /// Whether this processor, and the operating system on it, can run the variant.
  public var isAvailable: Bool { treeline_has_variant(rawValue) }

  /// The variants that this processor can run, the widest last.
  public static var available: [KernelVariant] { allCases.filter { $0.isAvailable } }

  /// The widest variant that this processor can run.
  public static var widest: KernelVariant { available.last ?? .portable }

  /// The variant for decoding with so many query heads to a KV head.
  ///
  /// With one head a processor mostly waits for memory, and on the Zen 4 that this was tuned on loads of 32 bytes kept
  /// more of it under way than loads of 64; more heads need the arithmetic. Other processors may differ.
  static func decoding(group: Int) -> KernelVariant { group == 1 && KernelVariant.avx2.isAvailable ? .avx2 : widest }

  /// The floats of a vector.
  var lanes: Int {
    switch self {
    case .portable: 4
    case .avx2: 8
    case .avx512: 16
    }
  }

  /// The most roundings that a term of a logit goes through in decoding: a product, two additions for each pair of vectors
  /// that lies in its partial sum, then the sum of the partial sums, pair by pair.
  func logitRoundings(keyDim: Int) -> Int {
    2 * ((keyDim + 2 * lanes - 1) / (2 * lanes)) + lanes.trailingZeroBitCount + 2
  }

  /// The name of the instruction set.
  public var description: String {
    switch self {
    case .portable: "portable"
    case .avx2: "AVX2"
    case .avx512: "AVX-512"
    }
  }
}
