import Fitting

/// The 80 % intervals of ln(measured / predicted), by how much is known of what is predicted.
public struct CollectiveIntervals: Hashable, Sendable {
  /// How much is known.
  public enum Cell: String, CaseIterable, Hashable, Sendable {
    /// Measured at this number of ranks and about this size, LL or LL128.
    case calibratedLL = "calibrated-ll"
    /// The same, Simple.
    case calibratedSimple = "calibrated-simple"
    /// The same, messages between pairs.
    case calibratedPairs = "calibrated-pairs"
    /// A measured class of nodes at another number of ranks.
    case otherRanks = "other-ranks"
    /// Measured classes of nodes and networks, but not this machine, collective or size.
    case otherLog = "other-log"
    /// A class of nodes or networks, an algorithm or a number of nodes that was not measured.
    case otherCluster = "other-cluster"

    static func calibrated(_ choice: NCCLChoice) -> Cell {
      switch (choice.algorithm, choice.form) {
      case (.pointToPoint, _): .calibratedPairs
      case (_, .simple): .calibratedSimple
      default: .calibratedLL
      }
    }
  }

  /// What is taken where nothing was left out to learn it from.
  static let widest = ErrorInterval(low: -0.7, high: 0.7, rows: 0)

  /// The intervals.
  public let cells: [Cell: ErrorInterval]

  /// Creates intervals.
  public init(cells: [Cell: ErrorInterval]) { self.cells = cells }

  /// The interval of a cell: its own, or that of the next cell of which less is known.
  public func interval(_ cell: Cell) -> ErrorInterval {
    if let own = cells[cell] { return own }
    let further: [Cell] =
      switch cell {
      case .calibratedLL, .calibratedSimple, .calibratedPairs: [.otherRanks, .otherLog, .otherCluster]
      case .otherRanks: [.otherLog, .otherCluster]
      case .otherLog: [.otherCluster]
      case .otherCluster: []
      }
    return further.lazy.compactMap { cells[$0] }.first ?? Self.widest
  }
}
