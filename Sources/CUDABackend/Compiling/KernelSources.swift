import Configuration
import Foundation

/// The folder of kernels: their table and their sources, as plain files.
public struct KernelSources: Sendable {
  /// The folder.
  public let folder: String
  /// The table.
  public let table: KernelTable
  /// The headers with their texts, in the order of the table.
  public let headers: [(name: String, text: String)]
  /// The texts of the sources by name.
  public let texts: [String: String]

  /// The name of the table's file.
  public static let tableName = "kernels.json"

  /// Reads a folder whole, so that a file that is missing is missed at once.
  ///
  /// - Throws: `MissingConfiguration` for a file that is not there, ``CUDAError/table(file:problem:)`` for a wrong table.
  public init(folder: String) throws {
    let file = folder + "/" + Self.tableName
    let table = try KernelTable(Data(try ConfigurationLibrary.text(ofFile: file).utf8), file: file)
    self.folder = folder
    self.table = table
    headers = try table.headers.map { ($0, try ConfigurationLibrary.text(ofFile: folder + "/" + $0)) }
    texts = Dictionary(
      uniqueKeysWithValues: try table.sources.map { ($0, try ConfigurationLibrary.text(ofFile: folder + "/" + $0)) })
  }

  /// Finds the folder from the working directory and the executable's place: that of a checkout, or of an installation.
  ///
  /// - Throws: `MissingConfiguration` where there is none; otherwise as ``init(folder:)``.
  public static func find(workingDirectory: String, executable: String) throws -> KernelSources {
    let folders = ["Sources/CUDABackend/Kernels", "Kernels"].flatMap {
      ConfigurationLibrary.defaultFolders($0, workingDirectory: workingDirectory, executable: executable)
    }
    guard let folder = folders.first(where: { FileManager.default.fileExists(atPath: $0 + "/" + tableName) }) else {
      throw MissingConfiguration(
        name: "Sources/CUDABackend/Kernels/" + tableName,
        reason: "is neither in the working directory nor above the executable; 'make install' installs the kernels as "
          + "well, and --kernels names another folder")
    }
    return try KernelSources(folder: folder)
  }
}
