import RealModule

/// What a formula needs of its numbers to be differentiated: sums, products, exponentials and logarithms.
///
/// Plain numbers conform and so do dual numbers over them, so that one text of a formula gives its value and, with
/// ``Dual``, its derivatives.
public protocol SmoothNumber: Sendable {
  /// The plain numbers below.
  associatedtype Plain: Real & BinaryFloatingPoint & Sendable

  /// A constant: its derivatives are zero.
  init(constant: Plain)

  /// The value, without derivatives.
  var plain: Plain { get }

  /// The sum of two numbers.
  static func + (left: Self, right: Self) -> Self
  /// The difference of two numbers.
  static func - (left: Self, right: Self) -> Self
  /// The product of two numbers.
  static func * (left: Self, right: Self) -> Self
  /// The quotient of two numbers.
  static func / (left: Self, right: Self) -> Self
  /// The exponential function.
  static func exp(_ x: Self) -> Self
  /// The natural logarithm.
  static func log(_ x: Self) -> Self
}

extension Double: SmoothNumber {
  /// The number itself.
  public init(constant: Double) { self = constant }
  /// The number itself.
  public var plain: Double { self }
}

extension Float: SmoothNumber {
  /// The number itself.
  public init(constant: Float) { self = constant }
  /// The number itself.
  public var plain: Float { self }
}
