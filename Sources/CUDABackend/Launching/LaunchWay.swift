/// How work that is done again and again comes to a device.
public enum LaunchWay: String, Hashable, Sendable, CaseIterable {
  /// Recorded once as a CUDA graph, and started as a whole.
  case graph
  /// Each operation is put on a stream by a call of its own, every time.
  case operations
}
