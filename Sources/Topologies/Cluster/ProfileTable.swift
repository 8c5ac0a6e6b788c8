import Configuration
import Devices
import Quantities

/// The device profiles that a topology uses: those of the file's own `devices` section first, else the library's.
struct ProfileTable {
  /// The profiles used so far.
  private(set) var profiles: [DeviceProfile] = []
  private var indices: [String: Int] = [:]
  private let inline: [String: DeviceProfile]
  private let inlineNames: [String]
  private let library: ProfileLibrary

  /// Reads the `devices` section, which may be absent.
  ///
  /// - Throws: ``ConfigurationError`` at the first thing wrong.
  init(reading field: Field?, library: ProfileLibrary) throws(ConfigurationError) {
    var inline: [String: DeviceProfile] = [:]
    var names: [String] = []
    if let field {
      for (name, value) in try field.mapping().entries {
        inline[name] = try DeviceProfile(reading: value, name: name)
        names.append(name)
      }
    }
    self.inline = inline
    self.library = library
    inlineNames = names
  }

  /// The index of the profile that a value names.
  ///
  /// - Throws: ``ConfigurationError`` with the nearest name when there is none.
  mutating func index(naming field: Field) throws(ConfigurationError) -> Int {
    let name = try field.string()
    if let index = indices[name] { return index }
    let own = inline[name]
    let found = if let own { own } else { try library.profile(named: name) }
    guard let profile = found else {
      let names = inlineNames + library.names.filter { inline[$0] == nil }
      let known = names.isEmpty ? "no device profiles are known" : "there are: \(names.joined(separator: ", "))"
      throw field.error("no device '\(name)'\(NearestName.suggestion(for: name, among: names)) (\(known))")
    }
    indices[name] = profiles.count
    profiles.append(profile)
    return profiles.count - 1
  }
}
