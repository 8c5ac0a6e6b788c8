import Fitting
import Quantities
import RealModule

/// A profile as the YAML that `CollectiveProfile(document:)` reads back.
///
/// Parameters and intervals keep six significant digits and tier 2 four decimals, which moves no time by more than 0.1 %.
public struct CollectiveProfileText {
  private let profile: CollectiveProfile
  private let origin: ProfileOrigin

  /// Creates the text of a profile.
  public init(_ profile: CollectiveProfile, _ origin: ProfileOrigin) {
    self.profile = profile
    self.origin = origin
  }

  /// The text.
  public var text: String {
    (head + intervals + parameters + measured).joined(separator: "\n") + "\n"
  }

  private var head: [String] {
    [
      "# The model of NCCL's collectives fitted to measured times by 'treeline calibrate'. 'informed' is how much of a",
      "# parameter the rows decided, the rest being its prior; below 0.1 it counts as assumed. Intervals of parameters are",
      "# 95 %, of prior and rows together; those under 'intervals' are 80 % of ln(measured / predicted), of rows left out.",
    ] + origin.lines(kind: "collective-profile")
  }

  private var intervals: [String] {
    ["intervals:"]
      + CollectiveIntervals.Cell.allCases.compactMap { cell in
        profile.intervals.cells[cell].map {
          "  \(cell.rawValue): [\(ProfileText.number($0.low)), \(ProfileText.number($0.high)), \($0.rows)]"
        }
      }
  }

  private var parameters: [String] {
    ["parameters:"]
      + CollectiveParameter.allCases.flatMap { parameter -> [String] in
        let meaning = parameter.meaning
        let classes = profile.parameters.classes[parameter] ?? [:]
        return [
          "  \(parameter.rawValue): # \(meaning.symbol), \(meaning.unit); \(meaning.text)",
          "    common: \(Self.value(profile.parameters.common[parameter.number]))",
        ]
          + ClassKey.all.compactMap { key in classes[key].map { "    \(key.name): \(Self.value($0))" } }
      }
  }

  private static func value(_ value: CollectiveParameters.Value) -> String {
    let factor = Double.exp(1.96 * value.spread)
    let (low, high) = (value.value / factor, value.value * factor)
    return "{value: \(ProfileText.number(value.value)), interval: [\(ProfileText.number(low)), "
      + "\(ProfileText.number(high))], informed: \(ProfileText.number((value.informed * 1000).rounded() / 1000)), "
      + "rows: \(value.rows), provenance: \(value.informed >= 0.1 ? "fitted" : "assumed")}"
  }

  private var measured: [String] {
    [
      "# What was measured, from log2 of the least bytes to that of the most; residuals are ln(time / tier 1) at whole",
      "# octaves from 'first' on.", "measured:",
    ]
      + profile.residuals.groups.flatMap { group in
        [
          "  - gpu: \(ProfileText.quoted(group.gpu))",
          "    interconnect: \(ProfileText.quoted(group.interconnect))",
          "    software: \(ProfileText.quoted(group.software))",
          "    collective: \(group.collective.rawValue)", "    nodes: \(group.nodes)", "    curves:",
        ]
          + group.curves.sorted { $0.key < $1.key }.map { gpus, curve in
            let values = curve.values.map {
              NumberText.format(($0 * 1e4).rounded() / 1e4, significantDigits: 6)
            }
            return "      - {gpus: \(gpus), octaves: [\(ProfileText.number(curve.least)), "
              + "\(ProfileText.number(curve.most))], rows: \(curve.rows), first: \(curve.first), "
              + "residuals: '\(values.joined(separator: " "))'}"
          }
      }
  }
}
