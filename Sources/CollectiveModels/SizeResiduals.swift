import RealModule

/// Tier 2: the curves of all measured logs.
public struct SizeResiduals: Hashable, Sendable {
  /// The curves of one machine, software and collective.
  public struct Group: Hashable, Sendable {
    /// The GPU, as the measurement names it.
    public let gpu: String
    /// The interconnect, as the measurement names it.
    public let interconnect: String
    /// The software, as the measurement names it.
    public let software: String
    /// What the ranks did.
    public let collective: CollectiveKind
    /// The nodes.
    public let nodes: Int
    /// The curves by the number of ranks.
    public let curves: [Int: SizeCurve]
  }

  /// The groups, in the order of their first rows.
  public let groups: [Group]

  /// Puts groups together.
  init(groups: [Group]) { self.groups = groups }

  private struct Key: Hashable {
    let texts: [String]
    let collective: CollectiveKind
    let nodes: Int
  }

  private static func key(_ row: CollectiveRow) -> Key {
    Key(texts: [row.gpu, row.interconnect, row.software], collective: row.collective, nodes: row.nodes)
  }

  /// The curves of rows.
  ///
  /// - Parameters:
  ///   - rows: The rows.
  ///   - tierOne: ln of tier 1's time of each, in microseconds.
  init(_ rows: [MeasuredCollective], tierOne: [Double]) {
    var order: [Key] = []
    var points: [Key: [Int: [(octave: Double, residual: Double)]]] = [:]
    for (measured, predicted) in zip(rows, tierOne) {
      let row = measured.row
      let key = Self.key(row)
      if points[key] == nil { order.append(key) }
      points[key, default: [:]][row.gpus, default: []].append(
        (Double.log2(row.bytes.baseUnits), Double.log(row.time.seconds * 1e6) - predicted))
    }
    groups = order.map { key in
      Group(
        gpu: key.texts[0], interconnect: key.texts[1], software: key.texts[2], collective: key.collective,
        nodes: key.nodes, curves: (points[key] ?? [:]).compactMapValues { SizeCurve($0) })
    }
  }

  /// The group that a row is of.
  func group(_ row: CollectiveRow) -> Group? {
    groups.first {
      $0.gpu == row.gpu && $0.interconnect == row.interconnect && $0.software == row.software
        && $0.collective == row.collective && $0.nodes == row.nodes
    }
  }
}

extension SizeResiduals.Group {
  /// ln(time / tier 1) for a number of ranks and a size; between two measured numbers linear in their logarithm, and
  /// nothing outside.
  ///
  /// - Returns: The sum, and whether a curve says something of this very number and size.
  func value(gpus: Int, octave: Double) -> (value: Double, isMeasured: Bool, applies: Bool) {
    if let curve = curves[gpus] {
      let value = curve.value(octave)
      return (value, curve.covers(octave), curve.covers(octave) || value != 0)
    }
    guard let below = curves.keys.filter({ $0 < gpus }).max(), let above = curves.keys.filter({ $0 > gpus }).min(),
      let left = curves[below], let right = curves[above]
    else { return (0, false, false) }
    let share = Double.log(Double(gpus) / Double(below)) / Double.log(Double(above) / Double(below))
    let value = left.value(octave) * (1 - share) + right.value(octave) * share
    return (value, false, left.covers(octave) && right.covers(octave))
  }
}
