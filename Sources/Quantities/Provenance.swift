/// Where a number comes from; printed and stored beside every figure.
public enum Provenance: String, Sendable, Hashable, CaseIterable {
  /// Timed or counted on real hardware.
  case measured
  /// A parameter fitted to measurements.
  case fitted
  /// A vendor's data sheet or specification.
  case dataSheet = "data sheet"
  /// Printed in a publication that is cited beside it.
  case published
  /// Worked out by the discrete-event simulator.
  case simulated
  /// Worked out by a formula of the cost model.
  case closedForm = "closed form"
  /// Computed in floating point from the numbers themselves, such as how far two ways to the same result are apart.
  case computed
  /// Given by the emulation of a device, which tests run on: it shows that a path works, and nothing of any device. No
  /// input may have it.
  case emulated
  /// A plausible value that nobody measured on the machine in question.
  case assumed
}
