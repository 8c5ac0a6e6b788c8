/// Memory for the time of a call, aligned to a cache line.
struct AlignedScratch: ~Copyable {
  let base: UnsafeMutableRawPointer

  init(byteCount: Int) {
    base = UnsafeMutableRawPointer.allocate(byteCount: max(byteCount, 64), alignment: 64)
  }

  deinit { base.deallocate() }

  /// So many floats from a byte on.
  func floats(at offset: Int = 0) -> UnsafeMutablePointer<Float> {
    (base + offset).assumingMemoryBound(to: Float.self)
  }
}
