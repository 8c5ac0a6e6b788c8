/// A fixed number of plain values that an engine reads and writes without the checks of an array.
///
/// The one place where the simulator touches unsafe memory: indices come from a ``Program`` that its builder made
/// consistent, and debug builds check each of them.
///
/// Copies share the values. The memory has an owner of its own, which inner loops never touch. A column that could not
/// be copied would own it itself, but so could the engine that holds it not be, and optimised builds of Swift 6.3.1
/// free what the initialiser of such an engine has not set yet.
struct Column<Element: BitwiseCopyable> {
  private let base: UnsafeMutablePointer<Element>
  private let memory: ColumnMemory<Element>
  /// The number of values.
  let count: Int

  /// Creates a column of equal values.
  init(repeating value: Element, count: Int) {
    memory = ColumnMemory(repeating: value, count: count)
    base = memory.base
    self.count = count
  }

  /// The value at an index below ``count``.
  subscript(index: Int) -> Element {
    @inline(__always) get {
      assert(index >= 0 && index < count, "index \(index) of \(count)")
      return base[index]
    }
    @inline(__always) nonmutating set {
      assert(index >= 0 && index < count, "index \(index) of \(count)")
      base[index] = newValue
    }
  }

  /// The values as an array.
  var array: [Element] { Array(UnsafeBufferPointer(start: base, count: count)) }
}

/// The memory of a column, freed with the last copy of it.
private final class ColumnMemory<Element: BitwiseCopyable> {
  let base: UnsafeMutablePointer<Element>

  init(repeating value: Element, count: Int) {
    base = UnsafeMutablePointer<Element>.allocate(capacity: max(count, 1))
    base.initialize(repeating: value, count: count)
  }

  deinit { base.deallocate() }
}
