import Foundation
import Synchronization

/// Work on several threads at a time, whose results and errors do not depend on how many there are.
///
///     let parallel = Parallel(jobs: 4)
///     let squares = try parallel.map(100) { index in index * index }
///
/// A map within a map draws on the same threads: whoever runs out of work makes room for a helper of another.
///
/// This is a class because all that is under way shares one count of threads.
public final class Parallel: Sendable {
  /// How many more threads may work; below zero for a moment when a thread that waited goes on.
  private let free: Mutex<Int>

  /// Creates a set of threads, none of which is started before there is work for it.
  ///
  /// - Parameter jobs: How many work at a time, that of the caller included; less than 1 counts as 1.
  public init(jobs: Int) {
    free = Mutex(max(jobs, 1) - 1)
  }

  /// The results of a body for 0 up to a count, in that order.
  ///
  /// - Parameters:
  ///   - count: How often the body is called.
  ///   - body: Is called once for each index, on any thread.
  /// - Throws: What the body throws for the least index for which it throws.
  public func map<Value: Sendable>(
    _ count: Int, _ body: @escaping @Sendable (Int) throws -> Value
  ) throws -> [Value] {
    guard count > 0 else { return [] }
    let batch = Batch(count: count, body)
    let helpers = DispatchGroup()
    work(on: batch, helpers)
    // Who waits does not work.
    free.withLock { $0 += 1 }
    helpers.wait()
    free.withLock { $0 -= 1 }
    return try batch.results()
  }

  private func work<Value: Sendable>(on batch: Batch<Value>, _ helpers: DispatchGroup) {
    while let index = batch.next() {
      if batch.hasMore { recruit(for: batch, helpers) }
      batch.run(index)
    }
  }

  /// Starts a helper where there is room for one.
  private func recruit<Value: Sendable>(for batch: Batch<Value>, _ helpers: DispatchGroup) {
    let hasRoom = free.withLock { free in
      guard free > 0 else { return false }
      free -= 1
      return true
    }
    guard hasRoom else { return }
    helpers.enter()
    let thread = Thread { [self] in
      work(on: batch, helpers)
      free.withLock { $0 += 1 }
      helpers.leave()
    }
    // As the main thread has, and not the half megabyte of others.
    thread.stackSize = 8 << 20
    thread.start()
  }
}

/// The calls of one map.
private final class Batch<Value: Sendable>: Sendable {
  private struct State {
    var next = 0
    var hasFailed = false
    var results: [Result<Value, any Error>?]
  }

  private let count: Int
  private let body: @Sendable (Int) throws -> Value
  private let state: Mutex<State>

  init(count: Int, _ body: @escaping @Sendable (Int) throws -> Value) {
    self.count = count
    self.body = body
    state = Mutex(State(results: Array(repeating: nil, count: count)))
  }

  /// The least index that nobody has taken; nil when there is none, or a call has failed.
  ///
  /// Every index below one that failed was taken before it, so the least that fails is the same on any threads.
  func next() -> Int? {
    state.withLock { state in
      guard state.next < count, !state.hasFailed else { return nil }
      defer { state.next += 1 }
      return state.next
    }
  }

  var hasMore: Bool { state.withLock { $0.next < count && !$0.hasFailed } }

  func run(_ index: Int) {
    let result = Result { try body(index) }
    state.withLock { state in
      state.results[index] = result
      if case .failure = result { state.hasFailed = true }
    }
  }

  func results() throws -> [Value] {
    try state.withLock { $0.results }.compactMap { try $0?.get() }
  }
}
