import Programs
import Quantities

/// The choice of an algorithm, with everything that it was chosen from.
///
///     let selection = Selection.choose(payload: payload, on: model)
///     print(selection.algorithm)
///     for candidate in selection.table { print(candidate) }
public struct Selection: Hashable, Sendable {
  /// One algorithm that was considered.
  public struct Candidate: Hashable, Sendable, CustomStringConvertible {
    /// The algorithm.
    public var algorithm: CollectiveAlgorithm
    /// Its estimated cost; nil when it was skipped.
    public var cost: CollectiveCost?
    /// Why it was skipped; nil when it was not.
    public var skipped: String?

    /// The algorithm and its time, or why it was skipped.
    public var description: String {
      "\(algorithm): " + (cost.map { "\($0.total)" } ?? "skipped, \(skipped ?? "")")
    }
  }

  /// The fastest candidate by estimate; of equals, the first.
  public let algorithm: CollectiveAlgorithm
  /// Its estimated cost.
  public let cost: CollectiveCost
  /// Every candidate, in a fixed order.
  public let table: [Candidate]

  /// The most messages that a candidate may have: more would make programs that no one wants to simulate.
  public static let maximumMessages = 1 << 20

  /// Chooses the algorithm of an all-reduce.
  ///
  /// - Parameters:
  ///   - payload: What each rank brings.
  ///   - model: The costs for the group.
  public static func choose(payload: Payload, on model: CollectiveCostModel) -> Selection {
    let allReduce = AllReduce(group: model.group, payload: payload, reduction: .sum)
    let table = model.algorithms.map { algorithm -> Candidate in
      if let reason = reasonToSkip(algorithm, allReduce, model) {
        return Candidate(algorithm: algorithm, cost: nil, skipped: reason)
      }
      return Candidate(algorithm: algorithm, cost: model.cost(of: algorithm, payload: payload), skipped: nil)
    }
    var best: (algorithm: CollectiveAlgorithm, cost: CollectiveCost)?
    for candidate in table {
      guard let cost = candidate.cost else { continue }
      if best.map({ cost.total < $0.cost.total }) ?? true { best = (candidate.algorithm, cost) }
    }
    // The ring is never skipped for its messages alone where everything else is.
    let chosen = best ?? (.ring, model.cost(of: .ring, payload: payload) ?? .zero)
    return Selection(algorithm: chosen.algorithm, cost: chosen.cost, table: table)
  }

  /// Whether an algorithm is not considered for a payload.
  static func passesOver(_ algorithm: CollectiveAlgorithm, payload: Payload, on model: CollectiveCostModel) -> Bool {
    reasonToSkip(algorithm, AllReduce(group: model.group, payload: payload, reduction: .sum), model) != nil
  }

  private static func reasonToSkip(
    _ algorithm: CollectiveAlgorithm, _ allReduce: AllReduce, _ model: CollectiveCostModel
  ) -> String? {
    let messages = allReduce.totalTraffic(algorithm, nodes: model.nodes).messages
    if algorithm.hasDirectPart, messages > maximumMessages {
      return "it has \(messages) messages, more than \(maximumMessages)"
    }
    let most = allReduce.mostScratch(algorithm, nodes: model.nodes)
    guard most > model.memory else { return nil }
    return "it needs \(most) of scratch on a rank, which has \(model.memory)"
  }
}

extension CollectiveAlgorithm {
  /// Whether any phase sends from everybody to everybody.
  fileprivate var hasDirectPart: Bool {
    switch self {
    case .flat(let flat): flat.direct
    case .hierarchical(let inside, let across): inside.direct || across.direct
    }
  }
}
