import Configuration

/// Where topologies, device profiles and models are looked up by name.
public struct InputLibrary: Sendable {
  /// Topology files.
  public var topologies: ConfigurationLibrary
  /// Device profiles.
  public var devices: ConfigurationLibrary
  /// Model shapes.
  public var models: ConfigurationLibrary

  /// Creates a library from its three parts.
  public init(topologies: ConfigurationLibrary, devices: ConfigurationLibrary, models: ConfigurationLibrary) {
    self.topologies = topologies
    self.devices = devices
    self.models = models
  }

  /// The folders of a checkout or an installation, found from the working directory and the executable's place.
  ///
  /// - Parameters:
  ///   - workingDirectory: The working directory.
  ///   - executable: The path of the running executable.
  public init(workingDirectory: String, executable: String) {
    func library(_ folder: String) -> ConfigurationLibrary {
      ConfigurationLibrary(
        searchPaths: ConfigurationLibrary.defaultFolders(
          folder, workingDirectory: workingDirectory, executable: executable))
    }
    self.init(
      topologies: library("Topologies"), devices: library("Topologies/devices"), models: library("Experiments/models"))
  }
}
