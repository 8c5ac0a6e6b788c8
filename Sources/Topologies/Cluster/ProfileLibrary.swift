import Configuration
import Devices
import Quantities

/// Where a topology file finds the device profiles that it names but doesn't hold.
///
///     let library = ProfileLibrary(names: ["h100-sxm"]) { name in try load(name) }
public struct ProfileLibrary: Sendable {
  /// How a profile is found: nil when there is none of that name.
  public typealias Lookup = @Sendable (String) throws(ConfigurationError) -> DeviceProfile?

  /// Every name that can be found, for suggestions.
  public let names: [String]
  private let lookup: Lookup

  /// Creates a library.
  ///
  /// - Parameters:
  ///   - names: Every name that can be found, for suggestions.
  ///   - lookup: Finds a profile by name; called once per name used.
  public init(names: [String], lookup: @escaping Lookup) {
    self.names = names
    self.lookup = lookup
  }

  /// Creates a library of profiles at hand.
  public init(_ profiles: [DeviceProfile] = []) {
    names = profiles.map(\.name)
    lookup = { name throws(ConfigurationError) in profiles.first { $0.name == name } }
  }

  /// The profile of a name; nil when there is none.
  ///
  /// - Throws: ``ConfigurationError`` when its file is wrong.
  public func profile(named name: String) throws(ConfigurationError) -> DeviceProfile? {
    try lookup(name)
  }
}
