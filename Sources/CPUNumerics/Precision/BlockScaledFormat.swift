/// A format whose numbers share a scale a block, as fp8 KV caches store them.
///
/// The scale brings the block's largest magnitude to the format's largest number; it is a single, or a power of two as
/// the microscaling formats have it (OCP Microscaling Formats v1.0, 2023), rounded up so that nothing overflows.
public struct BlockScaledFormat: Hashable, Sendable {
  /// How a block's scale is stored.
  public enum Scale: String, Sendable, Hashable, CaseIterable {
    /// In single precision.
    case single
    /// As a power of two.
    case powerOfTwo = "power of two"
  }

  /// The format of the numbers.
  public let format: NumberFormat
  /// How many numbers share a scale.
  public let blockSize: Int
  /// How the scale is stored.
  public let scale: Scale

  /// Creates a format.
  ///
  /// - Parameters:
  ///   - format: The format of the numbers.
  ///   - blockSize: How many numbers share a scale, at least 1.
  ///   - scale: How the scale is stored.
  public init(_ format: NumberFormat, blockSize: Int, scale: Scale = .single) {
    self.format = format
    self.blockSize = max(1, blockSize)
    self.scale = scale
  }

  /// The numbers as they come out of storage; the last block may be shorter.
  public func round(_ numbers: [Float]) -> [Float] {
    var result = numbers
    for start in stride(from: 0, to: numbers.count, by: blockSize) {
      let block = start..<min(start + blockSize, numbers.count)
      let largest = numbers[block].reduce(Float(0)) { max($0, abs($1)) }
      guard largest > 0, largest.isFinite else { continue }
      let scale = scale(ofLargest: largest)
      for place in block { result[place] = format.round(numbers[place] / scale) * scale }
    }
    return result
  }

  /// The scale of a block with a largest magnitude.
  public func scale(ofLargest largest: Float) -> Float {
    let exact = max(largest / format.largest, .leastNormalMagnitude)
    switch scale {
    case .single: return exact
    case .powerOfTwo:
      let below = Float(sign: .plus, exponent: exact.exponent, significand: 1)
      return below == exact ? exact : below * 2
    }
  }
}
