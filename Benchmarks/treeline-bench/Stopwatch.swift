import Foundation

/// The times of several runs of one piece of work.
struct Samples {
  /// What was measured.
  var name: String
  /// The unit of the values.
  var unit: String
  /// One value for each run, in rising order.
  var values: [Double]

  /// One line of fields between tabs: name, unit, median, least, most, and how many.
  var line: String {
    let middle = values.count / 2
    let median = values.count % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2
    return [name, unit, "\(median)", "\(values[0])", "\(values[values.count - 1])", "\(values.count)"]
      .joined(separator: "\t")
  }
}

/// Takes times.
struct Stopwatch {
  /// How often each piece of work is run, at least once.
  let runs: Int
  /// Whether another run before those warms it up.
  var warmsUp = true

  /// The times of a piece of work in milliseconds.
  ///
  /// - Parameter work: The work; what it returns is added up, so that none of it can be left out.
  func milliseconds(_ name: String, _ work: () throws -> Double) rethrows -> Samples {
    try samples(name, unit: "ms", work) { $0 * 1e3 }
  }

  /// The rate at which a piece of work gets through so many items, in millions a second.
  func millionsPerSecond(_ name: String, items: Int, _ work: () throws -> Double) rethrows -> Samples {
    try samples(name, unit: "M/s", work) { Double(items) / $0 / 1e6 }
  }

  /// The wall-clock and the processor times of a piece of work, in milliseconds; go by the latter on a busy machine.
  func wallAndProcessor(_ name: String, _ work: () throws -> Double) rethrows -> [Samples] {
    var processor: [Double] = []
    let wall = try milliseconds(name) {
      let start = clock()
      let value = try work()
      // POSIX fixes CLOCKS_PER_SEC at a million.
      processor.append(Double(clock() - start) / 1e3)
      return value
    }
    return [
      wall, Samples(name: "\(name), processor", unit: "ms", values: processor.suffix(runs).sorted()),
    ]
  }

  private func samples(
    _ name: String, unit: String, _ work: () throws -> Double, _ convert: (_ seconds: Double) -> Double
  ) rethrows -> Samples {
    var kept = warmsUp ? try work() : 0
    var values: [Double] = []
    for _ in 0..<runs {
      let clock = ContinuousClock()
      let start = clock.now
      kept += try work()
      values.append(convert((clock.now - start) / .seconds(1)))
    }
    // Printing it when it is no number is the use that keeps the work.
    if kept.isNaN { print("# \(name) gave no number") }
    return Samples(name: name, unit: unit, values: values.sorted())
  }
}
