import ArgumentParser
import CPUNumerics

/// `treeline check theory`: attention as the gradient of an energy, and what follows from it.
struct CheckTheory: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "theory",
    abstract: "Check that attention is the gradient of an energy, and a reduction.",
    usage: "treeline check theory [<options>]",
    discussion: """
      On random numbers: attention in closed form against automatic and numeric differentiation of the energy \
      F(ζ) = log Σ exp(q·k + ζ·v), for one head, many heads and a causal sequence; ζ = 0 as the extremum of z·ζ - F; \
      updates of a Hopfield network; shifts of all logits; reduction over a tree and a chain. Every bound is computed \
      from the numbers. The exit code is 70 when a residual is past its bound.

      EXAMPLES
        treeline check theory
        treeline check theory --seed 7 --heads 2 --tokens 64 --head-dim 32
      """)

  @Option(help: "Seed of the random numbers.")
  var seed: UInt64 = 1

  @Option(help: "Heads.")
  var heads: Int = 4

  @Option(help: "Keys, and positions of the causal sequence.")
  var tokens: Int = 128

  @Option(help: "Elements of a query, a key and a value.")
  var headDim: Int = 16

  @OptionGroup var storage: StorageOptions

  @Flag(help: "Print JSON.")
  var json: Bool = false

  /// The most work that is taken on, so that a slip of a digit does not run for hours.
  private static let mostWork = 4e9

  func run() throws {
    try CommandFailure.handling {
      let check = try check()
      let database = try storage.open()
      let residuals = check.residuals()
      let records = CheckRecords(
        name: "theory", options: "heads=\(heads) head-dim=\(headDim)", seed: seed, tokens: tokens,
        residuals: residuals)
      let title = "Theory of attention: seed \(seed), heads \(heads), tokens \(tokens), head dim \(headDim)"
      try records.report(title, asJSON: json, to: database, storage)
    }
  }

  private func check() throws -> TheoryCheck {
    for (option, value) in [("--heads", heads), ("--tokens", tokens), ("--head-dim", headDim)] where value < 1 {
      throw UsageError("\(option): found \(value), expected 1 or more")
    }
    let check = TheoryCheck(seed: seed, heads: heads, tokens: tokens, headDim: headDim)
    guard check.work <= Self.mostWork else {
      throw UsageError(
        """
        --heads \(heads) --tokens \(tokens) --head-dim \(headDim): expected heads x tokens² x head-dim² of at most \
        \(Int(Self.mostWork)); every position of the causal sequence is differentiated in every direction
        """)
    }
    return check
  }
}
