import Quantities
import RealModule

/// What storing a number does to it.
public enum StorageRounding<Scalar: Real & BinaryFloatingPoint & Sendable>: Sendable {
  /// Nothing: every buffer holds numbers of the scalar type, whatever its own. For checks of the schedule alone.
  case none
  /// Numbers are rounded to the type of their buffer, as devices do.
  case toBufferType

  /// Whether a buffer of a type holds every number of the scalar type as it is.
  func isExact(_ type: DataType) -> Bool {
    switch self {
    case .none: true
    case .toBufferType: type == .fp32 && Scalar.self == Float.self
    }
  }

  /// A number as a buffer of a type holds it.
  func round(_ number: Scalar, _ type: DataType) -> Scalar {
    switch self {
    case .none: number
    case .toBufferType: Scalar(NumberFormat(type).round(Float(number)))
    }
  }
}
