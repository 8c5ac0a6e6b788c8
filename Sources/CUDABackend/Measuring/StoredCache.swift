import CPUNumerics
import Quantities

/// Keys or values as a device's memory holds them, beside what they stand for.
enum StoredCache {
  /// Numbers of 16 bits.
  case plain(CacheElements, numbers: [Float])
  /// Numbers of 8 bits and their scales.
  case scaled(ScaledElements)

  /// Rounds numbers to a type: bf16, fp16, or fp8 for E4M3 with scales.
  ///
  /// - Throws: `FastAttentionError` for another type.
  init(_ numbers: [Float], as type: DataType) throws {
    guard type != .fp8 else {
      self = .scaled(ScaledElements(numbers))
      return
    }
    let elements = try CacheElements(numbers, as: type)
    self = .plain(elements, numbers: elements.numbers)
  }

  /// The bytes of numbers and scales.
  var byteCount: Int {
    switch self {
    case .plain(let elements, _): elements.byteCount
    case .scaled(let elements): elements.byteCount
    }
  }

  /// The smallest scale; nil where there are none.
  var smallestScale: Double? {
    if case .scaled(let elements) = self { Double(elements.smallestScale) } else { nil }
  }

  /// What is stored stands for these numbers, exactly.
  func numbers(_ range: Range<Int>) -> [Double] {
    switch self {
    case .plain(_, let numbers): numbers[range].map { Double($0) }
    case .scaled(let elements): elements.numbers(range)
    }
  }

  /// A device's memory with the numbers, and with the scales where there are any.
  ///
  /// - Throws: ``CUDAError``.
  func buffers(
    on session: DeviceSession, for purpose: String
  ) throws(CUDAError) -> (numbers: DeviceBuffer, scales: DeviceBuffer?) {
    switch self {
    case .plain(let elements, _): (try session.buffer(elements, for: purpose), nil)
    case .scaled(let elements):
      (try session.buffer(elements.codes, for: purpose), try session.buffer(elements.scales, for: purpose))
    }
  }
}
