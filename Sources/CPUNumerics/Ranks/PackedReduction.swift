import Programs
import Quantities
import RealModule

/// An all-reduce's operator on packed numbers, as a message-passing library calls it.
///
/// Each unit is combined on its own, so a library may cut between units and combine them in any order and grouping.
public struct PackedReduction: Hashable, Sendable {
  /// How two ranks' elements combine.
  public let reduction: Reduction
  /// The type of the elements.
  public let type: DataType
  /// The elements of a unit.
  public let elementsPerUnit: Int

  /// Describes an operator; see the properties for the meaning of each value.
  public init(reduction: Reduction, type: DataType, elementsPerUnit: Int) {
    self.reduction = reduction
    self.type = type
    self.elementsPerUnit = elementsPerUnit
  }

  /// The bytes of a unit.
  public var bytesPerUnit: Int { elementsPerUnit * type.size }

  /// Combines packed units into as many others, in single precision, and rounds the result to the type: what the
  /// reduction kernels of a lowered all-reduce do.
  public func combine(_ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) {
    var numbers = PackedNumbers.unpack(UnsafeRawBufferPointer(target), as: type)
    ProgramExecutor<Float>.combine(
      reduction, &numbers, PackedNumbers.unpack(source, as: type), width: elementsPerUnit - 2)
    target.copyBytes(from: PackedNumbers.pack(numbers, as: type))
  }
}
