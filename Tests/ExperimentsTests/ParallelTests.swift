import Experiments
import Synchronization
import TestSupport
import Testing

@Suite struct ParallelTests {
  /// An error that knows its index.
  struct Failure: Error, Equatable {
    let index: Int
  }

  @Test("Results are in order, on any number of threads", arguments: [-1, 1, 2, 3, 16])
  func order(jobs: Int) throws {
    let parallel = Parallel(jobs: jobs)
    #expect(try parallel.map(1000) { $0 * $0 } == (0..<1000).map { $0 * $0 })
    #expect(try parallel.map(0) { $0 }.isEmpty)
    #expect(try parallel.map(1) { $0 } == [0])
  }

  @Test("Maps within maps end, whatever the number of threads", arguments: [1, 2, 5])
  func nested(jobs: Int) throws {
    let parallel = Parallel(jobs: jobs)
    let sums = try parallel.map(20) { outer in
      try parallel.map(20) { middle in try parallel.map(5) { outer * middle * $0 }.reduce(0, +) }.reduce(0, +)
    }
    #expect(sums == (0..<20).map { $0 * 190 * 10 })
  }

  @Test("The error of the least index is thrown, always", arguments: [1, 2, 7])
  func errors(jobs: Int) throws {
    for seed in 0..<50 {
      var generator = SeededGenerator(seed: seed)
      let failing = Set((0..<5).map { _ in Int.random(in: 0..<200, using: &generator) })
      let parallel = Parallel(jobs: jobs)
      let error = #expect(throws: Failure.self) {
        try parallel.map(200) { index in
          if failing.contains(index) { throw Failure(index: index) }
          return index
        }
      }
      #expect(error?.index == failing.min())
      // The threads are all there afterwards.
      #expect(try parallel.map(10) { $0 } == Array(0..<10))
    }
  }

  @Test("No more threads work at a time than were asked for, and as many do", arguments: [1, 2, 4])
  func limit(jobs: Int) throws {
    let parallel = Parallel(jobs: jobs)
    let working = Mutex((now: 0, most: 0))
    _ = try parallel.map(40) { _ in
      working.withLock { state in
        state.now += 1
        state.most = max(state.most, state.now)
      }
      // Long enough that a helper that is allowed arrives.
      var value = 1.0
      for step in 1..<200_000 { value += 1 / Double(step) }
      working.withLock { $0.now -= value > 0 ? 1 : 0 }
      return 0
    }
    let most = working.withLock { $0.most }
    #expect(most <= jobs)
    #expect(jobs == 1 || most > 1)
  }
}
