import Fitting
import Quantities
import RealModule

/// A profile as the YAML that `KernelProfile(document:)` reads back.
///
/// Parameters and intervals keep six significant digits and nodes of tier 2 four decimals, which moves no time by more than
/// 0.1 %.
public struct KernelProfileText {
  /// Student's t for a two-sided 95 % interval with one degree of freedom fewer than there are folds.
  private static let student = 2.776

  private let profile: KernelProfile
  private let origin: ProfileOrigin

  /// Creates the text of a profile.
  public init(_ profile: KernelProfile, _ origin: ProfileOrigin) {
    self.profile = profile
    self.origin = origin
  }

  /// The text.
  public var text: String {
    (head + devices + groups + shared + transfer).joined(separator: "\n") + "\n"
  }

  private var head: [String] {
    [
      "# The kernel model fitted to measured times by 'treeline calibrate'. 'informed' is how much of a parameter the rows",
      "# decided, the rest being its prior; below 0.1 it counts as assumed. Intervals of parameters are 95 %, by the",
      "# jackknife over folds; those under 'error' and 'cells' are 80 % of ln(measured / predicted), out of fold.",
    ] + origin.lines(kind: "kernel-profile", ["folds: \(CrossValidation.foldCount)"])
  }

  private var devices: [String] {
    var seen: Set<String> = []
    return ["devices:"]
      + profile.groups.map(\.device).filter { seen.insert($0.name).inserted }.map { device in
        "  \(device.name): {multiprocessors: \(device.multiprocessors), gigahertz: \(device.gigahertz), "
          + "memory-bandwidth: \(ProfileText.number(device.memoryBandwidth.baseUnits / 1e9)) GB/s, "
          + "cache: \(device.cache.count) B, capability: \(device.capability), "
          + "flops-per-cycle: \(ProfileText.number(device.flopsPerCycle))}"
      }
  }

  private var groups: [String] {
    ["groups:"]
      + profile.groups.flatMap { group in
        [
          "  - phase: \(group.phase.rawValue)", "    device: \(group.device.name)",
          "    software: \(group.software.rawValue)", "    version: \(ProfileText.quoted(group.version))",
          "    kernels:",
        ] + Self.kernels(group.fits, group.families, group.tierOne, indent: "      ") + Self.cells(group)
          + Self.nodes(group)
      }
  }

  private static func kernels(
    _ fits: [KernelFamily: FittedParameters], _ errors: [KernelFamily: ErrorInterval],
    _ tierOne: [KernelFamily: ErrorInterval], indent: String
  ) -> [String] {
    KernelFamily.allCases.flatMap { family -> [String] in
      guard let fit = fits[family] else { return [] }
      var lines = [
        "\(indent)\(family.rawValue):", "\(indent)  rows: \(fit.rows)", "\(indent)  range: \(range(fit.range))",
      ]
      if let error = errors[family] {
        lines.append(
          "\(indent)  error: [\(ProfileText.number(error.low)), \(ProfileText.number(error.high)), \(error.rows)]")
      }
      if let error = tierOne[family] {
        lines.append(
          "\(indent)  tier-1-error: [\(ProfileText.number(error.low)), \(ProfileText.number(error.high)), \(error.rows)]"
        )
      }
      lines.append("\(indent)  parameters:")
      for (index, parameter) in ModelParameter.all(of: fit.parameters.phase).enumerated() {
        lines.append(
          "\(indent)    \(parameter.name): " + value(fit, index) + " # \(parameter.unit); \(parameter.meaning)")
      }
      return lines
    }
  }

  private static func value(_ fit: FittedParameters, _ index: Int) -> String {
    let value = fit.parameters.values[index]
    var parts = ["value: \(ProfileText.number(value))"]
    if index < fit.spreads.count {
      let factor = Double.exp(student * fit.spreads[index])
      parts.append("interval: [\(ProfileText.number(value / factor)), \(ProfileText.number(value * factor))]")
    }
    if index < fit.informed.count {
      let informed = fit.informed[index]
      parts.append("informed: \(ProfileText.number((informed * 1000).rounded() / 1000))")
      parts.append("provenance: \(informed >= 0.1 ? "fitted" : "assumed")")
    }
    return "{\(parts.joined(separator: ", "))}"
  }

  private static func range(_ range: ValidityRange) -> String {
    func pair(_ range: ClosedRange<Int>) -> String { "[\(range.lowerBound), \(range.upperBound)]" }
    func list(_ values: Set<Int>) -> String { "[" + values.sorted().map { "\($0)" }.joined(separator: ", ") + "]" }
    return "{batch: \(pair(range.batch)), query-heads: \(pair(range.queryHeads)), kv-heads: \(pair(range.kvHeads)), "
      + "context: \(pair(range.contextTokens)), head-dims: \(list(range.headDims)), windows: \(list(range.windows)), "
      + "element-bytes: \(list(range.elementBytes))}"
  }

  private static func cells(_ group: CalibratedKernels) -> [String] {
    guard !group.cells.isEmpty else { return [] }
    return ["    cells:"]
      + group.cells.sorted { $0.key.order.lexicographicallyPrecedes($1.key.order) }.map { cell, interval in
        "      - [\(cell.family.rawValue), \(cell.headDim), \(cell.hasWindow ? "window" : "full"), "
          + "\(cell.regime.rawValue), \(ProfileText.number(interval.low)), \(ProfileText.number(interval.high)), \(interval.rows)]"
      }
  }

  /// A line for each table, kernel, head dim and window: three numbers a node, its places along both axes and its value.
  private static func nodes(_ group: CalibratedKernels) -> [String] {
    var lines = ["    residuals:"]
    for (index, table) in group.residuals.tables.enumerated() {
      var texts: [(grid: Int64, text: String)] = []
      for (key, value) in zip(table.keys, table.values) {
        let node = ResidualCell.node(of: key)
        let text =
          "\(node.first) \(node.second) \(NumberText.format((value * 1e4).rounded() / 1e4, significantDigits: 6))"
        if texts.last?.grid == node.grid {
          texts[texts.count - 1].text += ", " + text
        } else {
          texts.append((node.grid, text))
        }
      }
      for (grid, text) in texts {
        let place = grid / 32
        let family = KernelFamily.allCases.first { $0.number == Int(place / 1024) }
        let window = grid % 32 == 0 ? 0 : 1 << (grid % 32 - 1)
        lines.append(
          "      - {table: \(index), kernel: \(family?.rawValue ?? ""), head-dim: \(place % 1024), window: \(window), "
            + "nodes: '\(text)'}")
      }
    }
    return lines.count > 1 ? lines : []
  }

  private var shared: [String] {
    let phases = KernelPhase.allCases.filter { !(profile.shared[$0] ?? [:]).isEmpty }
    guard !phases.isEmpty else { return [] }
    return ["shared:"]
      + phases.flatMap { ["  \($0.rawValue):"] + Self.kernels(profile.shared[$0] ?? [:], [:], [:], indent: "    ") }
  }

  private var transfer: [String] {
    let phases = KernelPhase.allCases.filter { !(profile.transfer[$0] ?? [:]).isEmpty }
    guard !phases.isEmpty else { return [] }
    return [
      "# Half-widths of the 80 % interval of ln(measured / predicted) for a device that was not measured.", "transfer:",
    ]
      + phases.map { phase in
        let widths = KernelSoftware.allCases.compactMap { software in
          profile.transfer[phase]?[software].map { "\(software.rawValue): \(ProfileText.number($0))" }
        }
        return "  \(phase.rawValue): {\(widths.joined(separator: ", "))}"
      }
  }
}
