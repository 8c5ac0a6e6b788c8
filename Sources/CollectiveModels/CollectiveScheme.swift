import Fitting
import RealModule

/// What is left out of a fit and then predicted by it.
public enum CollectiveScheme: String, CaseIterable, Hashable, Sendable {
  /// Rows drawn at random, a fifth at a time, of the measured grid (rows that name no source).
  case randomRows = "random rows out"
  /// Every fifth size of the grid, all ranks and types.
  case sizes = "every fifth size out"
  /// The grid's rows of the most ranks, by those of the fewest alone.
  case mostRanksAlone = "most GPUs out, by the fewest"
  /// The same, with the logs in the fit.
  case mostRanks = "most GPUs out, with logs"
  /// The grid's rows of the fewest ranks.
  case fewestRanks = "fewest GPUs out"
  /// A class of nodes with all its rows, judged on the grid.
  case nodeClass = "a GPU out"
  /// One log (rows of one source).
  case log = "one log out"
  /// All logs of a network, or of a class of nodes for logs of one node.
  case cluster = "one cluster out"

  /// The folds of random rows and of sizes.
  public static let foldCount = 5

  /// Rows that are left out together.
  public struct Fold: Sendable {
    /// What is left out.
    public let name: String
    /// The numbers of the rows that the fit sees.
    public let seen: [Int]
    /// The numbers of those that it predicts.
    public let held: [Int]
  }

  /// The folds whose fits have rows enough; none where the rows have nothing of the kind.
  ///
  /// - Parameters:
  ///   - rows: All rows.
  ///   - seed: The seed of the draw of random rows.
  public func folds(_ rows: [MeasuredCollective], seed: UInt64) -> [Fold] {
    allFolds(rows, seed: seed).filter { $0.seen.count >= CollectiveFit.fewestRows }
  }

  private func allFolds(_ rows: [MeasuredCollective], seed: UInt64) -> [Fold] {
    let grid = rows.indices.filter { rows[$0].row.source.isEmpty }
    let logs = rows.indices.filter { !rows[$0].row.source.isEmpty }
    switch self {
    case .randomRows:
      var generator = PermutedGenerator(seed: seed)
      let order = generator.permutation(grid.count)
      return Self.apart(rows, grid.indices.map { (grid[order[$0]], "fold \($0 % Self.foldCount)") })
    case .sizes:
      return Self.apart(
        rows,
        grid.map { number in
          let octave = Int(Double.log2(rows[number].row.bytes.baseUnits).rounded())
          return (number, "sizes \(octave % Self.foldCount)")
        })
    case .mostRanksAlone, .mostRanks, .fewestRanks:
      let counts = Set(grid.map { rows[$0].row.gpus })
      guard let fewest = counts.min(), let most = counts.max(), fewest < most else { return [] }
      let isMost = self != .fewestRanks
      let held = grid.filter { rows[$0].row.gpus == (isMost ? most : fewest) }
      let out = Set(held)
      let seen =
        self == .mostRanksAlone
        ? grid.filter { rows[$0].row.gpus == fewest } : rows.indices.filter { !out.contains($0) }
      return [Fold(name: "\(isMost ? most : fewest) GPUs", seen: seen, held: held)]
    case .nodeClass:
      let classes = NodeClass.allCases.filter { node in grid.contains { rows[$0].machine.node == node } }
      guard classes.count > 1 else { return [] }
      return classes.map { node in
        Fold(
          name: node.rawValue, seen: rows.indices.filter { rows[$0].machine.node != node },
          held: grid.filter { rows[$0].machine.node == node })
      }
    case .log: return Self.apart(rows, logs.map { ($0, rows[$0].row.source) })
    case .cluster: return Self.apart(rows, logs.map { ($0, rows[$0].cluster) })
    }
  }

  /// A fold for each name, in the order of the first rows; the fits see all other rows.
  private static func apart(_ rows: [MeasuredCollective], _ named: [(number: Int, name: String)]) -> [Fold] {
    var order: [String] = []
    var members: [String: [Int]] = [:]
    for (number, name) in named {
      if members[name] == nil { order.append(name) }
      members[name, default: []].append(number)
    }
    return order.map { name in
      let held = (members[name] ?? []).sorted()
      let out = Set(held)
      let seen = rows.indices.filter { !out.contains($0) }
      return Fold(name: name, seen: seen, held: held)
    }
  }
}

extension MeasuredCollective {
  /// The network, or the class of nodes where there is one node.
  var cluster: String { machine.network?.kind.rawValue ?? machine.node.rawValue }
}
