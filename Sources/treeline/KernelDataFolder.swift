import KernelModels

/// The folder of measured kernel times that `--data` names.
struct KernelDataFolder {
  private let path: String

  init(_ path: String) { self.path = path }

  /// Reads the files of both phases.
  ///
  /// - Throws: ``MissingData`` where one can't be read; `KernelDataError` where it is no such file.
  func read() throws -> [LoadedFile<KernelDataFile>] {
    try KernelPhase.allCases.map { phase in
      try LoadedFile("attention-\(phase.rawValue)-kernels.csv", in: path) { text, name in
        try KernelDataReader.read(text, name: name, phase: phase)
      }
    }
  }
}
