import Fitting
import KernelModels

/// How good predictions are over some rows.
public struct KernelErrorRow: Sendable {
  /// Which rows.
  public let name: String
  /// The errors, by both tiers.
  public let errors: ErrorSummary
  /// The errors by tier 1 alone.
  public let tierOne: ErrorSummary
  /// The share of the rows that their 80 % interval holds.
  public let coverage: Double
  /// The median width of the intervals, in natural logarithms.
  public let width: Double

  /// Sums up rows; nil for none.
  init?(_ name: String, _ rows: [HeldOutRow]) {
    guard let errors = ErrorSummary(of: rows.map(\.error)), let tierOne = ErrorSummary(of: rows.map(\.tierOneError)),
      let width = ErrorSummary(of: rows.map { $0.interval.high - $0.interval.low })?.bias
    else { return nil }
    self.name = name
    self.errors = errors
    self.tierOne = tierOne
    coverage = Double(rows.count { $0.isCovered }) / Double(rows.count)
    self.width = width
  }
}

/// How good predictions of a device are that was left out.
public struct KernelDeviceRow: Sendable {
  /// Which rows.
  public let name: String
  /// The errors, by tier 1 of the other device.
  public let errors: ErrorSummary
  /// The errors with half of the other device's tier 2.
  public let halfTierTwo: ErrorSummary

  /// Sums up rows; nil for none.
  init?(_ name: String, _ rows: [CrossDevice.Row]) {
    guard let errors = ErrorSummary(of: rows.map(\.error)), let half = ErrorSummary(of: rows.map(\.halfTierTwoError))
    else { return nil }
    self.name = name
    self.errors = errors
    halfTierTwo = half
  }
}

extension KernelCalibration.Phase {
  /// Every row as a fit that had not seen its family predicts it, in the order of the groups.
  public var heldOut: [HeldOutRow] { groups.flatMap(\.validation.rows) }

  /// The cross-validation over all rows, by device and software, kernel, head dim, window, size and regime.
  public var errorRows: [KernelErrorRow] {
    let rows = heldOut
    var table: [KernelErrorRow?] = [KernelErrorRow("all", rows)]
    for group in groups {
      table.append(
        KernelErrorRow("\(group.kernels.device.name) \(group.kernels.software.label)", group.validation.rows))
    }
    for family in KernelFamily.allCases {
      for device in KernelDevice.measured {
        table.append(
          KernelErrorRow(
            "\(device.name) \(family.rawValue)",
            rows.filter { $0.family == family && $0.measurement.device == device }))
      }
    }
    for headDim in Set(rows.map(\.measurement.kernel.headDim)).sorted() {
      table.append(
        KernelErrorRow("head dim \(headDim)", rows.filter { $0.measurement.kernel.headDim == headDim }))
    }
    table.append(KernelErrorRow("with a window", rows.filter { $0.measurement.kernel.window != nil }))
    table.append(KernelErrorRow("without", rows.filter { $0.measurement.kernel.window == nil }))
    for size in Self.sizes(file.phase) {
      table.append(KernelErrorRow(size, rows.filter { Self.size($0.measurement) == size }))
    }
    for regime in KernelRegime.allCases {
      table.append(KernelErrorRow("bound by \(regime.rawValue)", rows.filter { $0.regime == regime }))
    }
    return table.compactMap { $0 }
  }

  /// The predictions of devices that were left out, by software, kernel and size.
  public var deviceRows: [KernelDeviceRow] {
    var table: [KernelDeviceRow?] = []
    for target in KernelDevice.measured {
      for software in KernelSoftware.allCases {
        let parts = devices.filter { $0.target == target && $0.software == software }
        guard let source = parts.first?.source else { continue }
        let rows = parts.flatMap(\.rows)
        table.append(KernelDeviceRow("\(software.label) \(source.name) -> \(target.name)", rows))
        table.append(
          KernelDeviceRow(
            "  head dim 128, no window",
            rows.filter { $0.measurement.kernel.headDim == 128 && $0.measurement.kernel.window == nil }))
        for family in KernelFamily.allCases {
          table.append(KernelDeviceRow("  \(family.rawValue)", rows.filter { $0.family == family }))
        }
        for size in Self.sizes(file.phase) {
          table.append(KernelDeviceRow("  \(size)", rows.filter { Self.size($0.measurement) == size }))
        }
      }
    }
    return table.compactMap { $0 }
  }

  /// The rows that are predicted worst, worst first; of equals the one that stands first in the file.
  public func worstRows(_ count: Int) -> [HeldOutRow] {
    let sorted = heldOut.sorted {
      (abs($1.error), $0.measurement.line) < (abs($0.error), $1.measurement.line)
    }
    return Array(sorted.prefix(count))
  }

  /// The names of the classes of sizes.
  static func sizes(_ phase: KernelPhase) -> [String] {
    switch phase {
    case .decode: ["KV < 0.1 L2", "KV 0.1-0.5 L2", "KV 0.5-4 L2", "KV > 4 L2"]
    case .prefill: ["q <= 128", "q 256-1024", "q 1536-4096", "q > 4096"]
    }
  }

  /// The class of a row: its cache at 16 bit beside L2, or its tokens.
  static func size(_ measurement: MeasuredKernel) -> String {
    let kernel = measurement.kernel
    let names = sizes(kernel.phase)
    switch kernel.phase {
    case .decode:
      let bytes = kernel.cacheBytes.baseUnits * 2 / Double(kernel.elementBytes)
      let ratio = bytes / measurement.device.cache.baseUnits
      return ratio < 0.1 ? names[0] : ratio < 0.5 ? names[1] : ratio < 4 ? names[2] : names[3]
    case .prefill:
      let tokens = kernel.queryTokens
      return tokens <= 128 ? names[0] : tokens <= 1024 ? names[1] : tokens <= 4096 ? names[2] : names[3]
    }
  }
}
