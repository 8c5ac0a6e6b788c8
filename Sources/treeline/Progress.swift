import Foundation
import Quantities
import Synchronization

/// A line of progress on standard error, with the time that is left, for work that lasts more than a second.
///
/// Nothing is shown where standard error is no terminal.
struct Progress {
  private let total: Int
  private let what: String
  private let start = DispatchTime.now()
  private var lastShown = 0.0
  private var isShown = false

  init(total: Int, of what: String) {
    self.total = total
    self.what = what
  }

  /// Says that so many are done.
  mutating func update(done: Int) {
    guard Environment.isTerminal else { return }
    let elapsed = Double(DispatchTime.now().uptimeNanoseconds - start.uptimeNanoseconds) / 1e9
    guard elapsed > 1, elapsed - lastShown > 0.1, done > 0 else { return }
    lastShown = elapsed
    isShown = true
    let left = Seconds(elapsed / Double(done) * Double(total - done))
    write("\r\u{1B}[K\(done) of \(total) \(what), \(left.formatted(significantDigits: 2)) left")
  }

  /// Takes the line away.
  mutating func finish() {
    if isShown { write("\r\u{1B}[K") }
    isShown = false
  }

  private func write(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }
}

/// A line of progress that work on several threads moves on.
///
/// This is a class because all that is under way shares it.
final class SharedProgress: Sendable {
  private let state: Mutex<(progress: Progress, done: Int)>

  init(total: Int, of what: String) {
    state = Mutex((Progress(total: total, of: what), 0))
  }

  /// Says that one more is done.
  func advance() {
    state.withLock { state in
      state.done += 1
      state.progress.update(done: state.done)
    }
  }

  /// Takes the line away.
  func finish() {
    state.withLock { $0.progress.finish() }
  }
}

/// A line of progress of work whose amount is known only once it starts.
///
/// This is a class because all that is under way shares it.
final class SharedProgressBox: Sendable {
  private let progress = Mutex<SharedProgress?>(nil)

  /// Starts the line.
  func start(_ total: Int, of what: String) {
    progress.withLock { $0 = SharedProgress(total: total, of: what) }
  }

  /// Says that one more is done.
  func advance() {
    progress.withLock { $0 }?.advance()
  }

  /// Takes the line away.
  func finish() {
    progress.withLock { $0 }?.finish()
  }
}
