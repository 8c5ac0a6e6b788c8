import Quantities

/// What every rank brings to an all-reduce: equally many units, each of which must stay whole.
///
/// A unit is the smallest piece that a reduction can be split into. One online-softmax state (m, d, n) of one query
/// head of one sequence is a unit: its elements are combined together, so no chunk may cut it. A plain sum of
/// elements has units of one element.
///
///     let payload = Payload(units: 32, elementsPerUnit: 130, type: .fp32)
///     payload.bytes  // 16.64 kB
public struct Payload: Hashable, Sendable {
  /// The number of units.
  public var units: Int
  /// The elements of one unit.
  public var elementsPerUnit: Int
  /// The type of the elements.
  public var type: DataType

  /// Creates a payload; see the properties for the meaning of each value.
  public init(units: Int, elementsPerUnit: Int = 1, type: DataType) {
    self.units = units
    self.elementsPerUnit = elementsPerUnit
    self.type = type
  }

  /// The size of one unit.
  public var bytesPerUnit: Bytes { Bytes(Int64(elementsPerUnit)) * type.size }

  /// The size of the whole.
  public var bytes: Bytes { bytesPerUnit * units }

  /// The elements of the whole.
  public var elements: Int { units * elementsPerUnit }

  /// The units of the chunks that a collective over some ranks splits the payload into.
  public func chunks(_ count: Int) -> Chunks {
    Chunks(of: units, count: count)
  }
}
