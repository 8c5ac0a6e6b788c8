import Foundation

/// The heap allocations of this process so far, as `Benchmarks/allocations.c` counts them.
struct AllocationCounter {
  private let read: @convention(c) () -> UInt64

  /// nil where the counter is not preloaded.
  init?() {
    guard let symbol = dlsym(dlopen(nil, RTLD_NOW), "treeline_allocations") else { return nil }
    read = unsafeBitCast(symbol, to: (@convention(c) () -> UInt64).self)
  }

  var count: UInt64 { read() }
}
