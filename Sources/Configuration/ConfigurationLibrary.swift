import Foundation
import Quantities

/// Configuration files that are found by name in a row of folders, or by path.
///
///     let devices = ConfigurationLibrary(searchPaths: ["Topologies/devices"])
///     let document = try devices.load("h100-sxm")  // Topologies/devices/h100-sxm.yaml
///
/// A text that contains a slash or ends in `.yaml` or `.yml` is a path; any other is a name, and names the file
/// `NAME.yaml` of the first folder that has one. Nothing is cached: a file is read when it is asked for.
public struct ConfigurationLibrary: Hashable, Sendable {
  /// The folders that names are searched in, in order. Folders that don't exist are no error.
  public let searchPaths: [String]

  /// The largest file that is read, in bytes: far above any configuration, and far below memory.
  public static let largestFile = 16_777_216

  /// Creates a library.
  ///
  /// - Parameter searchPaths: The folders that names are searched in, in order.
  public init(searchPaths: [String]) {
    self.searchPaths = searchPaths
  }

  /// Every name that ``load(_:)`` would find, sorted.
  public func names() -> [String] {
    let found = searchPaths.flatMap { Self.files(in: $0) }
      .filter { $0.hasSuffix(Self.suffix) && !$0.hasPrefix(".") && $0.count > Self.suffix.count }
      .map { String($0.dropLast(Self.suffix.count)) }
    return Set(found).sorted()
  }

  /// The path of the file that a name or path stands for.
  ///
  /// - Throws: ``MissingConfiguration`` when there is no such file.
  public func locate(_ nameOrPath: String) throws(MissingConfiguration) -> String {
    if Self.isPath(nameOrPath) {
      guard Self.exists(nameOrPath) else {
        throw MissingConfiguration(name: nameOrPath, nearest: Self.neighbour(of: nameOrPath))
      }
      return nameOrPath
    }
    for folder in searchPaths {
      let path = Self.join(folder, nameOrPath + Self.suffix)
      if Self.exists(path) { return path }
    }
    let names = names()
    throw MissingConfiguration(
      name: nameOrPath, folders: searchPaths, nearest: NearestName.nearest(to: nameOrPath, among: names),
      available: names)
  }

  /// Reads a file by its name or path.
  ///
  /// - Throws: ``MissingConfiguration`` when there is no such file or it can't be read; ``ConfigurationError`` when it
  ///   is larger than ``largestFile``, not UTF-8 or not YAML.
  public func load(_ nameOrPath: String) throws -> Document {
    let path = try locate(nameOrPath)
    return try Document(yaml: Self.text(ofFile: path), file: path)
  }

  private static let suffix = ".yaml"

  private static func isPath(_ text: String) -> Bool {
    text.contains("/") || text.hasSuffix(suffix) || text.hasSuffix(".yml")
  }

  private static func files(in folder: String) -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
  }

  private static func exists(_ path: String) -> Bool {
    // A path ends at its first NUL for the system, which would then open another file than the one named.
    !path.contains("\0") && FileManager.default.fileExists(atPath: path)
  }

  private static func neighbour(of path: String) -> String? {
    let steps = path.split(separator: "/", omittingEmptySubsequences: false)
    guard let name = steps.last else { return nil }
    let folder = steps.dropLast().joined(separator: "/")
    let start = folder.isEmpty ? (path.hasPrefix("/") ? "/" : ".") : folder
    let candidates = files(in: start).filter { $0.hasSuffix(suffix) || $0.hasSuffix(".yml") }.sorted()
    guard let nearest = NearestName.nearest(to: String(name), among: candidates) else { return nil }
    return steps.count == 1 ? nearest : folder + "/" + nearest
  }

  /// The text of a file.
  ///
  /// - Throws: ``MissingConfiguration`` when it can't be read; ``ConfigurationError`` when it is larger than
  ///   ``largestFile`` or not UTF-8.
  public static func text(ofFile path: String) throws -> String {
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
      throw MissingConfiguration(name: path, reason: "is a folder")
    }
    // A pipe that nobody writes to would be waited for without end.
    let attributes = try? FileManager.default.attributesOfItem(
      atPath: URL(fileURLWithPath: path).resolvingSymlinksInPath().path)
    let type = attributes?[.type] as? FileAttributeType
    if let type, type != .typeRegular, type != .typeCharacterSpecial {
      throw MissingConfiguration(name: path, reason: "is no file")
    }
    let data: Data
    do {
      // One byte more than is allowed tells a file of that size from a larger one, and endless devices end.
      let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
      defer { try? handle.close() }
      data = try handle.read(upToCount: largestFile + 1) ?? Data()
    } catch {
      throw MissingConfiguration(name: path, reason: "can't be read")
    }
    guard data.count <= largestFile else {
      throw ConfigurationError(file: path, message: "larger than \(largestFile) bytes, the most that is read")
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      let lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      let line = lines.firstIndex(where: { String(validating: $0, as: UTF8.self) == nil })
      throw ConfigurationError(file: path, line: line.map { $0 + 1 }, message: "not text in UTF-8")
    }
    return text
  }

  static func join(_ folder: String, _ name: String) -> String {
    folder.isEmpty ? name : folder.hasSuffix("/") ? folder + name : folder + "/" + name
  }
}
