import Quantities

/// What came of ``SpeedUpFigure``.
public struct SpeedUpOutcome: Sendable {
  /// A number of ranks and a length.
  public struct Cell: Hashable, Sendable {
    /// The number of ranks.
    public var ranks: Int
    /// The tokens of the context.
    public var tokens: Int
    /// The tree with Treeline's defaults, simulated.
    public var tree: Seconds
    /// The ring with Treeline's defaults, simulated.
    public var ring: Seconds
    /// The same by closed form.
    public var ringByFormula: Seconds
    /// What the busiest link needs for the ring's bytes alone, simulated.
    public var ringLeast: Seconds
    /// The published code's tree with what stands around it, simulated.
    public var publishedTree: Seconds
    /// The published code's ring with what is fitted of its link, simulated.
    public var publishedRing: Seconds

    /// How many times as fast the tree is.
    public var times: Double { ring / tree }
    /// How many times as fast the published code's tree is.
    public var publishedTimes: Double { publishedRing / publishedTree }

    /// How many times as fast the tree would be if both took so much longer.
    public func times(with fixed: Seconds) -> Double { (ring + fixed) / (tree + fixed) }

    /// The time that both must take besides for the tree to be so many times as fast: (ring + c)/(tree + c) = times.
    public func fixedCost(for times: Double) -> Seconds { (ring - tree * times) * (1 / (times - 1)) }
  }

  /// What a published factor takes.
  public struct Claim: Sendable {
    /// The factor.
    public var published: SpeedUpFigure.Published
    /// Its cell.
    public var cell: Cell
    /// The fixed cost in both that it implies; below zero where the simulated factor is smaller than the published.
    public var fixedCost: Seconds
    /// The tree when every rank begins so much later, simulated.
    public var delayedTree: Seconds
    /// The ring when every rank begins so much later, simulated.
    public var delayedRing: Seconds
    /// The ring with its bytes spread over all ways between nodes, simulated.
    public var manyRings: Seconds

    /// The factor with the fixed cost, simulated.
    public var delayedTimes: Double { delayedRing / delayedTree }
    /// The fixed cost that the factor implies beside many rings.
    public var manyRingsFixedCost: Seconds {
      (manyRings - cell.tree * published.times) * (1 / (published.times - 1))
    }
  }

  /// What was reproduced.
  public let figure: SpeedUpFigure
  /// The cells, fewest ranks and tokens first.
  public let cells: [Cell]
  /// What each published factor takes.
  public let claims: [Claim]
  /// The most that one layer of one step can have taken in the published table of the experiment that gives the fit.
  public let mostPerLayer: Seconds

  init(figure: SpeedUpFigure, cells: [Cell], claims: [Claim?], mostPerLayer: Seconds) {
    self.figure = figure
    self.cells = cells
    self.claims = claims.compactMap { $0 }
    self.mostPerLayer = mostPerLayer
  }
}
