import Configuration
import Foundation
import Quantities

/// What an earlier `--export` measured and wrote into the same folder, which one of something else must not lose.
struct EarlierExport {
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

  /// The device profile, where rates were measured on a device of this name.
  func profile(named name: String) -> String? {
    guard let text = text("device.yaml"), text.hasPrefix("name: \(name)\n"), text.contains(" # \(word): "),
      text.contains("\nprovenance: \(word)\n")
    else { return nil }
    return text
  }

  /// The topology file up to its device profiles, where links of this topology were measured.
  func machine(named name: String) -> String? {
    guard let text = text("topology.yaml"), let end = text.range(of: "\ndevices:\n") else { return nil }
    let machine = String(text[..<end.lowerBound]) + "\n"
    // Of one GPU there are no link classes, and copies with its host are in a comment alone.
    guard machine.contains("\nname: \(name)\n"),
      machine.contains(" # \(word): ") || machine.contains("pinned memory, \(word): ")
    else { return nil }
    return machine
  }

  private func text(_ name: String) -> String? {
    try? String(contentsOf: URL(fileURLWithPath: folder).appendingPathComponent(name), encoding: .utf8)
  }
}
