/// A dual number a + b·ε with ε² = 0: a value and its derivative in one direction (forward-mode automatic
/// differentiation; Griewank and Walther, "Evaluating Derivatives", 2nd edition, SIAM 2008, chapter 3).
///
///     let x = Dual(value: 2.0, tangent: 1)
///     Dual.log(x * x).tangent  // 1, the derivative of log x² at 2
///
/// Over `Dual<Double>` it carries second derivatives: seed the outer tangent with one direction and the inner one with
/// another, and the tangent's tangent is the entry of the Hessian.
public struct Dual<Number: SmoothNumber>: SmoothNumber {
  /// The plain numbers below.
  public typealias Plain = Number.Plain

  /// The value.
  public var value: Number
  /// The derivative.
  public var tangent: Number

  /// Creates a number from its value and derivative.
  @inline(__always)
  public init(value: Number, tangent: Number) {
    self.value = value
    self.tangent = tangent
  }

  /// A constant: its derivative is zero.
  @inline(__always)
  public init(constant: Plain) {
    self.init(value: Number(constant: constant), tangent: Number(constant: 0))
  }

  /// The value of the value, down to a plain number.
  public var plain: Plain { value.plain }

  /// The sum; derivatives add.
  @inline(__always)
  public static func + (left: Dual, right: Dual) -> Dual {
    Dual(value: left.value + right.value, tangent: left.tangent + right.tangent)
  }

  /// The difference; derivatives subtract.
  @inline(__always)
  public static func - (left: Dual, right: Dual) -> Dual {
    Dual(value: left.value - right.value, tangent: left.tangent - right.tangent)
  }

  /// The product, by its rule.
  @inline(__always)
  public static func * (left: Dual, right: Dual) -> Dual {
    Dual(value: left.value * right.value, tangent: left.tangent * right.value + left.value * right.tangent)
  }

  /// The quotient, by its rule.
  @inline(__always)
  public static func / (left: Dual, right: Dual) -> Dual {
    let quotient = left.value / right.value
    return Dual(value: quotient, tangent: (left.tangent - quotient * right.tangent) / right.value)
  }

  /// The exponential function, its own derivative.
  public static func exp(_ x: Dual) -> Dual {
    let value = Number.exp(x.value)
    return Dual(value: value, tangent: value * x.tangent)
  }

  /// The natural logarithm, whose derivative is 1/x.
  public static func log(_ x: Dual) -> Dual {
    Dual(value: Number.log(x.value), tangent: x.tangent / x.value)
  }
}
