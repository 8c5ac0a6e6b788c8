import ArgumentParser
import CUDABackend
import Configuration
import Devices
import Reporting

/// The options that write what was read and measured as a device profile and a topology file.
struct ExportOptions: ParsableArguments {
  @Option(
    name: .customLong("export"),
    help: ArgumentHelp("Write a device profile and a topology file into this folder.", valueName: "folder"),
    completion: .directory)
  var folder: String?

  @Option(help: "The device profile of the GPUs' model, for --export (default: by their PCI id).")
  var model: String?

  @Option(help: ArgumentHelp("Where the kernel's tree of devices is mounted.", visibility: .hidden))
  var sys: String = "/sys"

  /// Checks that the files can be written, before anything is measured for them.
  ///
  /// - Throws: ``UsageError`` for an empty folder, which a shell makes of an unset variable; ``OutputFileError`` where
  ///   either file can't be written or is not one of Treeline's.
  func check() throws {
    guard let folder else { return }
    guard !folder.isEmpty else { throw UsageError("--export: found '', expected the path of a folder") }
    for target in DeviceExport.Target.allCases {
      try target.file(in: folder).checkReplacing(onlyWhere: target.isOurs)
    }
  }

  /// What is to be written of the devices; nil for nothing.
  ///
  /// - Throws: ``UsageError`` where no profile of the devices' model is known.
  func export(_ devices: InstalledDevices) throws -> DeviceExport? {
    guard let folder else { return nil }
    return try DeviceExport(devices, model: model, folder: folder, system: SystemNICs(folder: sys))
  }

  /// Writes files into the folder, and warns of what is remarked of them.
  ///
  /// - Returns: The files.
  func write(_ export: (files: [DeviceExport.File], remarks: [String])?) throws -> [DeviceExport.File] {
    guard let export else { return [] }
    try write(export.files)
    for remark in export.remarks { CommandFailure.warn("--export: \(remark)") }
    return export.files
  }

  /// Writes files into the folder.
  func write(_ files: [DeviceExport.File]) throws {
    guard let folder else { return }
    // Half a pair would be of two machines.
    try check()
    for file in files { try file.target.file(in: folder).writeWithFolder(file.text) }
  }

  /// Says what was written.
  func closingLines(_ files: [DeviceExport.File]) -> [String] {
    guard let folder, !files.isEmpty else { return [] }
    let paths = files.map { PrintableText.line(folder + "/" + $0.target.rawValue) }
    return ["", "Wrote " + paths.joined(separator: " and ")]
  }
}
