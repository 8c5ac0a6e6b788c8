import Foundation
import Quantities
import Simulation

/// What a better figure of the cluster would make of a step, found by running the step again with it.
public struct Sensitivity: Hashable, Sendable {
  /// Why a better figure changes nothing.
  public enum Hidden: Hashable, Sendable {
    /// No message crosses a link of the class, or none that carries bytes.
    case unused(carriesMessages: Bool)
    /// Another figure limits all that this one could: the slower half of the roofline, the narrower link.
    case behind(Knob)
    /// It limits nothing at all.
    case limitsNothing
    /// What it limits lies off the critical path, by at least so much.
    case offPath(slack: Seconds)
    /// It has time on the critical path, and another chain is as long without it; maybe one that another figure limits.
    case equalChain(Knob?)
  }

  /// The figure.
  public var knob: Knob
  /// What it was multiplied by.
  public var factor: Double
  /// Its share of the critical path, 0 to 1.
  public var share: Double
  /// The step time as it was.
  public var before: Seconds
  /// The step time with the better figure.
  public var after: Seconds
  /// What was chosen anew for the better figure, such as another collective; nil when nothing was.
  public var newOptions: String?
  /// Why nothing changes; nil when something does.
  public var hidden: Hidden?

  /// The relative change of the step time: -0.05 is 5 % less.
  public var change: Double { before > .zero ? after / before - 1 : 0 }

  /// Whether the step time stays as it was, but for rounding.
  public var changesNothing: Bool { abs(change) <= Self.rounding }

  /// The relative change below which two step times are equal but for rounding.
  static let rounding = 1e-9

  /// The logarithm of the change of the step time over that of the figure: -1 when the time is inversely proportional to
  /// a rate, 1 when it is proportional to a time, 0 when it does not depend on the figure.
  public var elasticity: Double {
    guard !changesNothing, factor > 0, factor != 1, after > .zero, before > .zero else { return 0 }
    return log(after / before) / log(factor)
  }
}
