import Configuration
import Foundation
import Quantities

/// What an earlier `--export` measured and wrote into the same folder, which one of something else must not lose.
struct EarlierExport {
  /// What an earlier file holds.
  enum Part: Equatable {
    /// Nothing that was measured.
    case nothing
    /// What was measured on this machine, as its file has it.
    case kept(String)
    /// What was measured on another machine, or on this one with another driver.
    case foreign
  }

  private let folder: String
  /// The provenance that marks what was measured.
  private let word: String

  /// - Parameters:
  ///   - folder: The folder of the files.
  ///   - isEmulation: Whether it is the emulation's figures that count as measured.
  init(folder: String, isEmulation: Bool) {
    self.folder = folder
    word = (isEmulation ? Provenance.emulated : .measured).rawValue
  }

  /// The device profile, where rates were measured.
  ///
  /// - Parameter sheet: The profile of the device at hand, without what is measured.
  func profile(like sheet: String) -> Part {
    guard let text = text("device.yaml"), isMeasured(text) else { return .nothing }
    return Self.identity(ofProfile: text) == Self.identity(ofProfile: sheet) && text.contains(" # \(word): ")
      ? .kept(text) : .foreign
  }

  /// The topology file up to its device profiles, where links were measured.
  ///
  /// - Parameter sheet: The same of the machine at hand, without what is measured.
  func machine(like sheet: String) -> Part {
    guard let text = text("topology.yaml"), let end = text.range(of: "\ndevices:\n") else { return .nothing }
    let machine = String(text[..<end.lowerBound]) + "\n"
    guard isMeasured(machine) else { return .nothing }
    guard machine.contains(" # \(word): ") || machine.contains("pinned memory, \(word): "),
      Self.structure(ofMachine: machine) == Self.structure(ofMachine: sheet)
    else { return .foreign }
    return .kept(machine)
  }

  /// Whether a text has figures that were measured or emulated.
  private func isMeasured(_ text: String) -> Bool {
    [Provenance.measured, .emulated].contains { word in
      // Of one GPU there are no link classes, and copies with its host are in a comment alone.
      text.contains(" # \(word.rawValue): ") || text.contains("pinned memory, \(word.rawValue): ")
    }
  }

  /// The lines of a profile that tell one device from another, and a driver from its next version.
  private static func identity(ofProfile text: String) -> [Substring] {
    let keys = ["name: ", "  capacity: ", "multiprocessors: ", "cache: ", "source: "]
    return text.split(separator: "\n").filter { line in keys.contains { line.hasPrefix($0) } }
  }

  /// The lines of a topology file that no measurement changes, without comments: its devices, its link classes and what
  /// they join.
  private static func structure(ofMachine text: String) -> [Substring] {
    let figures = ["bandwidth", "latency", "efficiency", "provenance", "source"].map { "    \($0): " }
    return text.split(separator: "\n").compactMap { line in
      guard !line.hasPrefix("#"), !figures.contains(where: { line.hasPrefix($0) }) else { return nil }
      return line.firstRange(of: " #").map { line[..<$0.lowerBound] } ?? line
    }
  }

  private func text(_ name: String) -> String? {
    try? String(contentsOf: URL(fileURLWithPath: folder).appendingPathComponent(name), encoding: .utf8)
  }
}
