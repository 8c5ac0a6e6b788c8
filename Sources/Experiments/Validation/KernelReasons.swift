import Fitting
import KernelModels
import Quantities

/// Why a kernel's time is predicted badly, as far as the data themselves tell.
struct KernelReasons {
  private let flagged: Set<Int>
  private let cells: [ErrorCell: Int]
  private var measurements: [Int: MeasuredKernel] = [:]
  private var cellOfLine: [Int: ErrorCell] = [:]
  private var times: [Series: [Int: Double]] = [:]
  private var heads: [String: Set<Head>] = [:]
  private var wideCount = 0
  private var kin: [Kin: [Double]] = [:]
  private var kinOfLine: [Int: Kin] = [:]

  /// Rows that are alike but for their batch and number of heads.
  private struct Kin: Hashable {
    let device: String
    let family: KernelFamily
    let numbers: [Int]

    init(_ row: HeldOutRow) {
      let kernel = row.measurement.kernel
      device = row.measurement.device.name
      family = row.family
      let octave = Int.bitWidth - kernel.contextTokens.leadingZeroBitCount
      numbers = [kernel.queryHeads / kernel.kvHeads, kernel.headDim, kernel.window ?? 0, octave]
    }
  }

  /// The fewest kin that say something, and the median error in ln from which they do.
  private static let (fewestKin, kinError) = (5, 0.1)

  /// What a device was measured with.
  private struct Head: Hashable {
    let software: KernelSoftware
    let dim: Int
    let hasWindow: Bool

    init(_ measurement: MeasuredKernel) {
      software = measurement.software
      dim = measurement.kernel.headDim
      hasWindow = measurement.kernel.window != nil
    }
  }

  /// Shapes that differ in their tokens alone.
  private struct Series: Hashable {
    let device: String
    let version: String
    let numbers: [Int]

    init(_ measurement: MeasuredKernel) {
      let kernel = measurement.kernel
      device = measurement.device.name
      version = measurement.version
      numbers = [kernel.batch, kernel.queryHeads, kernel.kvHeads, kernel.headDim, kernel.window ?? 0]
    }
  }

  /// Gathers what is known of a phase.
  ///
  /// - Parameters:
  ///   - file: All that was measured.
  ///   - heldOut: What cross-validation says of its rows, where there was one.
  init(_ file: KernelDataFile, heldOut: [HeldOutRow] = []) {
    flagged = Set(file.flags.map(\.line))
    var cells: [ErrorCell: Int] = [:]
    for row in heldOut {
      cells[row.cell, default: 0] += 1
      cellOfLine[row.measurement.line] = row.cell
      kin[Kin(row), default: []].append(row.error)
      kinOfLine[row.measurement.line] = Kin(row)
    }
    self.cells = cells
    for measurement in file.measurements {
      measurements[measurement.line] = measurement
      heads[measurement.device.name, default: []].insert(Head(measurement))
      if Self.isWide(measurement) { wideCount += 1 }
      times[Series(measurement), default: [:]][measurement.kernel.contextTokens] = measurement.time.seconds
    }
  }

  /// The reasons of a row of the file; empty where none is known.
  func reason(line: Int) -> String {
    guard let measurement = measurements[line] else { return "" }
    let (kernel, cell) = (measurement.kernel, cellOfLine[line])
    var reasons: [String] = []
    if let jump = jump(measurement) { reasons.append(jump) }
    if flagged.contains(line) {
      reasons.append("16-bit K and V could not be read so fast, so 8 bit are inferred")
    }
    if kernel.headDim == 512 { reasons.append("head dim 512 runs another kernel, probably Triton's") }
    if Self.isWide(measurement) {
      reasons.append(
        "one of \(wideCount) rows of TensorRT-LLM with more than 32 query heads a KV head under a window")
    }
    if kernel.phase == .prefill, kernel.queryTokens < 64, measurement.software == .trtllm {
      reasons.append("its \(kernel.queryTokens) tokens fill a tile of query rows in part")
    }
    if let shared = kinReason(line) { reasons.append(shared) }
    if let cell, let rows = cells[cell], rows < ErrorInterval.fewestRows {
      reasons.append("one of \(rows) rows of its kernel, head dim, window and regime")
    }
    if kernel.phase == .decode {
      let size = KernelCalibration.Phase.size(measurement)
      if size == "KV 0.5-4 L2" {
        reasons.append("K and V are about as large as L2, where the share served by it changes")
      }
    }
    if let cell, cell.regime == .floor {
      reasons.append("the floor of launch and setup is most of \(cell.family.rawValue)'s time here")
    }
    return reasons.joined(separator: ", ")
  }

  /// Says so where all rows like it err to one side out of fold.
  private func kinReason(_ line: Int) -> String? {
    guard let name = kinOfLine[line], let errors = kin[name], errors.count >= Self.fewestKin else { return nil }
    let median = OrderStatistics.median(errors)
    guard abs(median) > Self.kinError else { return nil }
    let share = NumberText.format(abs(100 * ValidationSet.share(ofLogarithm: median)), decimals: 0)
    return
      "all \(errors.count) rows of its kernel with \(name.numbers[0]) query heads a KV head and about as many tokens are "
      + "\(share) % too \(median < 0 ? "fast" : "slow") in the median, out of fold"
  }

  /// What the device that predicts a row was not measured with; empty where it has such rows.
  func lacking(line: Int, on source: KernelDevice) -> String {
    guard let measurement = measurements[line], let known = heads[source.name] else { return "" }
    let head = Head(measurement)
    guard !known.contains(head) else { return "" }
    return "\(source.name) has no rows of head dim \(head.dim) \(head.hasWindow ? "with" : "without") a window"
  }

  private static func isWide(_ measurement: MeasuredKernel) -> Bool {
    let kernel = measurement.kernel
    return measurement.software == .trtllm && kernel.window != nil && kernel.queryHeads / kernel.kvHeads > 32
  }

  /// Says so where a row is out of line with the same shape at half and twice its tokens: more than 1.5 times faster or
  /// slower than the geometric mean of what those two and a power law between them allow.
  private func jump(_ measurement: MeasuredKernel) -> String? {
    let tokens = measurement.kernel.contextTokens
    guard let series = times[Series(measurement)], let half = series[tokens / 2], let twice = series[tokens * 2] else {
      return nil
    }
    let ratio = measurement.time.seconds / (half * twice).squareRoot()
    guard ratio > 1.5 || ratio < 1 / 1.5 else { return nil }
    return
      "measured \(NumberText.format(ratio, significantDigits: 3)) x the mean of the same shape at half and twice the tokens"
  }
}
