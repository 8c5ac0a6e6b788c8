import Configuration
import Foundation

/// Where topologies, device profiles, models, scenarios, calibrations and papers are looked up by name.
public struct InputLibrary: Sendable {
  /// Topology files.
  public var topologies: ConfigurationLibrary
  /// Device profiles.
  public var devices: ConfigurationLibrary
  /// Model shapes.
  public var models: ConfigurationLibrary
  /// Scenarios.
  public var scenarios: ConfigurationLibrary
  /// Calibrated kernel models.
  public var calibrations: ConfigurationLibrary
  /// Papers and their experiments.
  public var papers: ConfigurationLibrary

  /// Creates a library from its parts.
  public init(
    topologies: ConfigurationLibrary, devices: ConfigurationLibrary, models: ConfigurationLibrary,
    scenarios: ConfigurationLibrary = ConfigurationLibrary(searchPaths: []),
    calibrations: ConfigurationLibrary = ConfigurationLibrary(searchPaths: []),
    papers: ConfigurationLibrary = ConfigurationLibrary(searchPaths: [])
  ) {
    self.topologies = topologies
    self.devices = devices
    self.models = models
    self.scenarios = scenarios
    self.calibrations = calibrations
    self.papers = papers
  }

  /// The folders of a checkout or an installation, found from the working directory and the executable's place.
  ///
  /// Only folders that exist are searched, and the one in the working directory, so that a message about a name that is
  /// nowhere lists where it could stand and not every folder above the executable.
  ///
  /// - Parameters:
  ///   - workingDirectory: The working directory.
  ///   - executable: The path of the running executable.
  public init(workingDirectory: String, executable: String) {
    func library(_ folder: String) -> ConfigurationLibrary {
      let folders = ConfigurationLibrary.defaultFolders(
        folder, workingDirectory: workingDirectory, executable: executable)
      let existing = folders.dropFirst().filter { FileManager.default.fileExists(atPath: $0) }
      return ConfigurationLibrary(searchPaths: folders.prefix(1) + existing)
    }
    self.init(
      topologies: library("Topologies"), devices: library("Topologies/devices"),
      models: library("Experiments/models"), scenarios: library("Experiments/scenarios"),
      calibrations: library("Experiments/calibration"), papers: library("Experiments/paper"))
  }
}
