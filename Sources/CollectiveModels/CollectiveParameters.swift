import RealModule

/// The fitted parameters of tier 1.
public struct CollectiveParameters: Hashable, Sendable {
  /// A parameter of one class, or what all classes have in common.
  public struct Value: Hashable, Sendable {
    /// The value.
    public let value: Double
    /// The standard deviation of its logarithm, of prior and rows together.
    public let spread: Double
    /// How much of it the rows decided, 0 (the prior alone) to 1.
    public let informed: Double
    /// The rows whose time has it.
    public let rows: Int

    /// Creates a value.
    public init(value: Double, spread: Double, informed: Double, rows: Int) {
      self.value = value
      self.spread = spread
      self.informed = informed
      self.rows = rows
    }
  }

  /// The common values, by the parameter's number.
  public let common: [Value]
  /// The values of classes; a class that is not there has the common value.
  public let classes: [CollectiveParameter: [ClassKey: Value]]

  /// Creates parameters.
  public init(common: [Value], classes: [CollectiveParameter: [ClassKey: Value]]) {
    self.common = common
    self.classes = classes
  }

  /// The values for a machine, by the parameters' numbers.
  func values(_ machine: CollectiveMachine) -> [Double] {
    CollectiveParameter.allCases.map { parameter in
      machine.classKey(parameter).flatMap { classes[parameter]?[$0]?.value } ?? common[parameter.number].value
    }
  }
}
