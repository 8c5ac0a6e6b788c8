/// One thing that was measured or published.
public enum Measurement: Hashable, Sendable {
  /// The time of an attention kernel.
  case kernel(KernelTime)
  /// The time of a collective.
  case collective(CollectiveTime)
  /// Any other figure.
  case figure(MeasuredFigure)
}
