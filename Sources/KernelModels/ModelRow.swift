/// A kernel's shape on its device, ready for tier 1.
protocol ModelRow: Sendable {
  /// The time and its parts, in microseconds.
  ///
  /// - Parameter values: The parameters, in the order of ``ModelParameter/all(of:)``.
  func evaluate(_ values: UnsafeBufferPointer<Double>) -> TermValues
}
