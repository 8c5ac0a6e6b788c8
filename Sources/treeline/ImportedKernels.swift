import Configuration
import KernelModels
import Measurements
import ResultStore

/// Kernel times that were imported, as the files that they came from.
struct ImportedKernels {
  let database: ResultDatabase

  /// The latest import of each phase whose kernel times can be used; later ones that can't are warned of.
  ///
  /// - Throws: ``MissingData`` where there is none at all; `KernelDataError` where none can be used; `ResultStoreError`.
  func read() throws -> [LoadedFile<KernelDataFile>] {
    var latest: [KernelPhase: LoadedFile<KernelDataFile>] = [:]
    var unfit: [KernelDataError] = []
    for source in try database.sources().reversed() where latest.count < KernelPhase.allCases.count {
      let times = try database.kernelTimes(ofSource: source.id)
      guard !times.isEmpty else { continue }
      // A prefill may have rows of one token; a file of decode steps has no others.
      let phase: KernelPhase = times.allSatisfy { $0.queryTokens == 1 } ? .decode : .prefill
      guard latest[phase] == nil else { continue }
      let path = source.record.path
      do {
        latest[phase] = LoadedFile(
          file: try KernelDataReader.read(Self.text(times), name: path, phase: phase),
          name: path.split(separator: "/").last.map { String($0) } ?? path, hash: source.record.sha256)
      } catch {
        CommandFailure.warn("import \(source.id) is passed over: \(error)")
        unfit.append(error)
      }
    }
    if latest.isEmpty {
      throw unfit.first
        ?? MissingData(
          description: "\(database.path): found no imported kernel times; treeline import FILE imports them")
    }
    return KernelPhase.allCases.compactMap { latest[$0] }
  }

  /// The rows as the reader of calibrations takes them, each on the line that it was imported from.
  private static func text(_ times: [KernelTime]) -> String {
    var lines = [KernelDataReader.columns.joined(separator: ",")]
    for time in times {
      while lines.count + 1 < time.line { lines.append("") }
      let numbers = [
        time.batch, time.queryHeads, time.kvHeads, time.headDim, time.window, time.queryTokens, time.contextTokens,
      ]
      lines.append(
        ([time.gpu, time.software, time.dtype] + numbers.map { "\($0)" } + ["\(time.time.seconds * 1e6)"])
          .map { $0.replacing(",", with: ";") }.joined(separator: ","))
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
