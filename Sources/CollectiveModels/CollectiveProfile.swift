import Fitting
import Quantities
import RealModule

/// A calibrated model of collectives: what was fitted, from which the time of any collective follows.
public struct CollectiveProfile: Hashable, Sendable {
  /// Tier 1's parameters.
  public let parameters: CollectiveParameters
  /// Tier 2, and with it what was measured.
  public let residuals: SizeResiduals
  /// The intervals.
  public let intervals: CollectiveIntervals

  /// Creates a profile; see the properties for the meaning of each value.
  public init(parameters: CollectiveParameters, residuals: SizeResiduals, intervals: CollectiveIntervals) {
    self.parameters = parameters
    self.residuals = residuals
    self.intervals = intervals
  }

  /// The time of a collective.
  ///
  /// - Parameters:
  ///   - call: The call.
  ///   - machine: The machine.
  ///   - algorithm: The algorithm to run; nil for NCCL's choice.
  ///   - form: The protocol to run; nil for NCCL's choice.
  /// - Throws: ``CollectiveModelError/choice(asked:present:)`` for an algorithm or protocol that NCCL does not have here.
  public func predict(
    _ call: CollectiveCall, on machine: CollectiveMachine, algorithm: NCCLAlgorithm? = nil,
    form: NCCLProtocol? = nil
  ) throws(CollectiveModelError) -> CollectivePrediction {
    let chosen = machine.choice(for: call)
    let choice = try Self.choice(call, machine, algorithm, form, chosen)
    let isOwn = choice == chosen
    let model = CollectiveModel(call, on: machine, choice: choice)
    let values = parameters.values(machine)
    let tierOne = model.time(values)
    let known = MeasuredExtent(residuals, machine)
    let octave = Double.log2(max(call.bytes.baseUnits, 1))
    let match = isOwn ? known.match(call, octave: octave) : nil
    var reasons = known.outside(call, choice, octave: octave, match: match)
    if !isOwn { reasons.insert("\(choice.title) is not what NCCL chooses here", at: 0) }
    let factor = Double.exp(match?.value ?? 0)
    let cell = known.cell(call, choice, match: match, isOwn: isOwn)
    let interval = intervals.interval(cell)
    let time = tierOne * factor
    func seconds(_ microseconds: Double) -> Seconds { Seconds(microseconds * 1e-6) }
    let parts = model.parts(values)
    return CollectivePrediction(
      call: call, choice: choice, isNCCLsChoice: isOwn, time: seconds(time),
      low: seconds(time * Double.exp(interval.low)), high: seconds(time * Double.exp(interval.high)),
      tier: match == nil ? 1 : 2, residualFactor: factor, source: match?.source, cell: cell,
      parts: CollectiveTerm.Part.allCases.compactMap { part in
        parts[part].map { CollectivePrediction.Part(name: part.rawValue, time: seconds($0)) }
      },
      extrapolations: reasons)
  }

  private static func choice(
    _ call: CollectiveCall, _ machine: CollectiveMachine, _ algorithm: NCCLAlgorithm?, _ form: NCCLProtocol?,
    _ chosen: NCCLChoice
  ) throws(CollectiveModelError) -> NCCLChoice {
    guard algorithm != nil || form != nil else { return chosen }
    let all = machine.choices(for: call)
    let fitting = all.filter {
      (algorithm == nil || $0.algorithm == algorithm) && (form == nil || $0.form == form)
    }
    guard let best = fitting.min(by: { $0.estimate < $1.estimate }) else {
      let asked = [algorithm?.rawValue, form?.rawValue].compactMap { $0 }.joined(separator: " ")
      throw .choice(asked: asked, present: all.map(\.title))
    }
    return best
  }
}
