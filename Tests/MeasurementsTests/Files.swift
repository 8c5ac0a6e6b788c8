import Foundation
import Measurements

/// The files that the tests read.
enum Files {
  private static let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  private static let fixtures = here.appendingPathComponent("Fixtures")
  /// Files of others' measurements, beside the project where somebody has put them.
  private static let shared = here.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("shared/data")

  static var sharedNames: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: shared.path)) ?? []).filter { $0.hasSuffix(".csv") }.sorted()
  }

  static func text(_ name: String) throws -> String {
    try String(contentsOf: fixtures.appendingPathComponent(name), encoding: .utf8)
  }

  static func shared(_ name: String) throws -> String {
    try String(contentsOf: shared.appendingPathComponent(name), encoding: .utf8)
  }

  static func read(_ name: String, context: LogContext = LogContext()) throws -> MeasurementFile {
    try MeasurementReader.read(try text(name), name: name, context: context)
  }
}

extension MeasurementFile {
  /// The times of collectives.
  var collectives: [CollectiveTime] {
    measurements.compactMap { if case .collective(let time) = $0 { time } else { nil } }
  }

  /// The times of kernels.
  var kernels: [KernelTime] {
    measurements.compactMap { if case .kernel(let time) = $0 { time } else { nil } }
  }

  /// The other figures.
  var figures: [MeasuredFigure] {
    measurements.compactMap { if case .figure(let figure) = $0 { figure } else { nil } }
  }
}
