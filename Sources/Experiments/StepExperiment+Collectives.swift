import Attention
import CollectiveModels
import Quantities
import Synchronization

extension StepExperiment {
  /// The step's closed form with its exchanges as NCCL runs them.
  ///
  /// - Parameters:
  ///   - algorithm: The algorithm.
  ///   - group: The ranks.
  ///   - machine: The rates of the plain closed form, with calibrated kernels where there are some.
  /// - Returns: Nil where nothing is exchanged, or no model was asked for.
  /// - Throws: ``CollectiveMachineError`` for a cluster that the model does not know; ``CollectiveModelError``.
  func collectiveOutcome(
    _ algorithm: any AttentionAlgorithm, on group: RankGroup, _ machine: MachineModel
  ) throws -> CollectiveTimingOutcome? {
    guard let collectives, group.size > 1 else { return nil }
    let known = try CollectiveMachine(topology, gpus: group.size)
    // Found by asking the closed form: it alone knows what it exchanges.
    let asked = Mutex<[Exchange]>([])
    var probe = machine
    probe.exchangeTime = { exchange in
      asked.withLock { $0.append(exchange) }
      return nil
    }
    _ = algorithm.closedForm(for: workload, on: group, machine: probe)
    var exchanges: [Exchange] = []
    var counts: [Int] = []
    for exchange in asked.withLock({ $0 }) {
      if let place = exchanges.firstIndex(of: exchange) {
        counts[place] += 1
      } else {
        exchanges.append(exchange)
        counts.append(1)
      }
    }
    if case .hop = exchanges.first { counts[0] = options.hops.count(ranks: group.size) }
    var predictions: [Exchange: CollectivePrediction] = [:]
    for exchange in exchanges { predictions[exchange] = try collectives.prediction(exchange, on: known) }
    guard !exchanges.isEmpty else { return nil }
    func time(_ machine: MachineModel, _ deviate: Double?) -> Seconds {
      var machine = machine
      let predictions = predictions
      machine.exchangeTime = { predictions[$0]?.time(at: deviate) }
      return algorithm.closedForm(for: workload, on: group, machine: machine).time
    }
    var spread: Spread?
    if collectives.replications > 1 {
      let count = collectives.replications
      let own = FittedTime.deviates(replications: count, errors: 1, seed: collectives.seed, purpose: 1)
      let others = FittedTime.deviates(
        replications: count, errors: 1, seed: kernels?.seed ?? collectives.seed, purpose: 2)
      spread = Spread(
        zip(own, others).map { exchangeError, kernelError in
          var drawn = machine
          drawn.attentionTime = attentionTime(on: machine, at: kernelError[0])
          return time(drawn, exchangeError[0])
        })
    }
    return CollectiveTimingOutcome(
      model: collectives.name, exchanges: exchanges.compactMap { predictions[$0] }, counts: counts,
      time: time(machine, nil), spread: spread)
  }
}
