import Configuration
import Devices
import Quantities
import Topologies

/// A topology with everything that it refers to and every override applied, and its text, which alone rebuilds it.
public struct ResolvedTopology: Sendable {
  /// The cluster.
  public let topology: Topology
  /// The canonical text, with the device profiles in it.
  public let text: String
  /// The hash of the text.
  public let hash: String

  /// Loads a topology by name or path.
  ///
  /// - Parameters:
  ///   - nameOrPath: The name of a preset or the path of a file.
  ///   - library: Where names are looked up.
  ///   - overrides: The changes to apply; those of the model are passed over.
  /// - Throws: ``MissingConfiguration`` when a file can't be found, ``ConfigurationError`` when one is wrong.
  public init(_ nameOrPath: String, from library: InputLibrary, overrides: [Override] = []) throws {
    var document = try library.topologies.load(nameOrPath)
    let changes = overrides.filter { $0.target == .topology }
    for change in changes where !change.concernsDevices { try change.apply(to: &document) }
    do {
      try Self.inlineDevices(into: &document, from: library.devices)
      for change in changes where change.concernsDevices { try change.apply(to: &document) }
      try self.init(document: document)
    } catch let error as ConfigurationError where !error.file.hasPrefix("--") {
      throw Override.blame(error, among: changes)
    }
  }

  /// Builds a topology from a document whose device profiles may lie in a library.
  ///
  /// - Throws: ``ConfigurationError`` when the document or a profile is wrong.
  public init(document: Document, from library: InputLibrary) throws {
    var document = document
    try Self.inlineDevices(into: &document, from: library.devices)
    try self.init(document: document)
  }

  /// Builds a topology from a document that names no profile outside itself.
  public init(document: Document) throws {
    topology = try Topology(document: document, profiles: ProfileLibrary())
    text = try document.canonicalText()
    hash = ContentHash.sha256(text)
  }

  /// The same topology with some fields changed.
  ///
  /// - Parameter changes: The changes; those of the model are passed over.
  /// - Throws: ``ConfigurationError`` when one of them has no place, or what comes of it is wrong.
  public func applying(_ changes: [Override]) throws -> ResolvedTopology {
    var document = try Document(yaml: text, file: topology.name)
    for change in changes where change.target == .topology { try change.apply(to: &document) }
    return try ResolvedTopology(document: document)
  }

  /// Puts the profile of every device type that the document names but does not describe into its `devices` section.
  private static func inlineDevices(into document: inout Document, from library: ConfigurationLibrary) throws {
    // Malformed parts are passed over here: the topology's own reader names them with their place.
    guard let root = try? document.root.mapping(), let groups = try? root.optional("nodes")?.mapping() else { return }
    let described = (try? root.optional("devices")?.mapping())?.entries.map(\.key) ?? []
    for (_, group) in groups.entries {
      guard let field = try? group.mapping().optional("devices")?.mapping().optional("type"),
        let type = try? field.string(), !described.contains(type)
      else { continue }
      do {
        let profile = try library.load(type)
        // Read here already, so that what is wrong is told with the place in the profile's own file.
        _ = try DeviceProfile(reading: profile.root, name: type)
        try document.set("devices.\(type)", to: profile.root)
      } catch let error as MissingConfiguration {
        throw field.error(
          "no device type '\(type)' in this file or in \(error.folders.joined(separator: ", "))"
            + NearestName.suggestion(for: type, among: library.names()))
      }
    }
  }
}
