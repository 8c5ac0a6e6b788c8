import Fitting
import Quantities
import RealModule

/// Measurements of one phase, laid out once for all the fits that they take part in.
public struct PreparedRows: Sendable {
  /// The measurements.
  public let measurements: [MeasuredKernel]
  let models: [KernelModel]
  /// ln of the times in microseconds.
  let logTimes: [Double]

  /// Prepares measurements.
  public init(_ measurements: [MeasuredKernel]) {
    self.measurements = measurements
    models = measurements.map { KernelModel($0.kernel, $0.software, on: $0.device) }
    logTimes = measurements.map { Double.log($0.time.seconds * 1e6) }
  }

  private init(measurements: [MeasuredKernel], models: [KernelModel], logTimes: [Double]) {
    self.measurements = measurements
    self.models = models
    self.logTimes = logTimes
  }

  /// The number of rows.
  public var count: Int { models.count }

  /// Some of the rows, by their numbers.
  func rows(_ numbers: [Int]) -> PreparedRows {
    PreparedRows(
      measurements: numbers.map { measurements[$0] }, models: numbers.map { models[$0] },
      logTimes: numbers.map { logTimes[$0] })
  }

  /// The numbers of rows of which something holds.
  func numbers(where holds: (KernelModel) -> Bool) -> [Int] {
    models.indices.filter { holds(models[$0]) }
  }

  /// The rows of one software on one device.
  public func group(_ device: KernelDevice, _ software: KernelSoftware) -> PreparedRows {
    rows(numbers { $0.device == device && $0.software == software })
  }

  /// The rows of all folds but one.
  public func leavingOut(_ fold: Int, of folds: [Int]) -> PreparedRows {
    rows(folds.indices.filter { folds[$0] != fold })
  }

  /// The kernels, in the order of the fixed list.
  var families: [KernelFamily] {
    let present = Set(models.map(\.family))
    return KernelFamily.allCases.filter { present.contains($0) }
  }

  /// Which fold each row is left out in: whole families of shapes (query heads, KV heads, head dim) at a time.
  ///
  /// - Parameters:
  ///   - count: The folds.
  ///   - seed: The seed of the draw.
  public func folds(_ count: Int, seed: UInt64) -> [Int] {
    let shapes = Set(measurements.map(\.shapeFamily)).sorted { $0.lexicographicallyPrecedes($1) }
    var generator = PermutedGenerator(seed: seed)
    let places = generator.permutation(shapes.count)
    var fold: [[Int]: Int] = [:]
    for (shape, place) in zip(shapes, places) { fold[shape] = place % count }
    return measurements.map { fold[$0.shapeFamily] ?? 0 }
  }
}
