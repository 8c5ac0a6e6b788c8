import CollectiveModels
import KernelModels
import Quantities

extension KernelPrediction {
  /// The time at a quantile of the interval, by its standard normal deviate; nil for the time itself.
  func time(at deviate: Double?) -> Seconds { deviate.map { FittedTime.at($0, low: low, high: high) } ?? time }
}

extension CollectivePrediction {
  /// The time at a quantile of the interval, by its standard normal deviate; nil for the time itself.
  func time(at deviate: Double?) -> Seconds { deviate.map { FittedTime.at($0, low: low, high: high) } ?? time }
}
