import Attention
import CollectiveModels
import Configuration
import Quantities
import Topologies

/// How a step's exchanges are timed as NCCL runs them: by a calibrated model of collectives, in the closed form of the step.
///
/// The simulator's own collectives are lowered to messages; a library's are one call whose time a model knows. So this is a
/// second closed form beside the simulated step, with all-reduces, all-gathers and hops (as send/recv) as fitted.
public struct CollectiveTiming: Sendable {
  /// The calibrated model.
  public let profile: CollectiveProfile
  /// What it is called.
  public let name: String
  /// Its text.
  public let text: String
  /// The hash of the text.
  public let hash: String
  /// How often times are drawn from their intervals, 1 or more.
  public var replications: Int
  /// Chooses which replication draws what.
  public let seed: UInt64

  /// Loads a model by name or path.
  ///
  /// - Throws: ``MissingConfiguration`` when the file can't be found, ``ConfigurationError`` when it is wrong.
  public init(
    _ nameOrPath: String, from library: InputLibrary, replications: Int = FittedTime.defaultReplications,
    seed: UInt64 = 0
  ) throws {
    try self.init(
      document: try library.calibrations.load(nameOrPath), name: nameOrPath, replications: replications, seed: seed)
  }

  /// Reads a model.
  ///
  /// - Throws: ``ConfigurationError`` at the first thing wrong.
  public init(document: Document, name: String, replications: Int, seed: UInt64) throws(ConfigurationError) {
    profile = try CollectiveProfile(document: document)
    self.name = name
    text = try document.canonicalText()
    hash = ContentHash.sha256(text)
    self.replications = max(1, replications)
    self.seed = seed
  }

  /// What the model says of an exchange.
  ///
  /// - Throws: ``CollectiveModelError``.
  func prediction(
    _ exchange: Exchange, on machine: CollectiveMachine
  ) throws(CollectiveModelError) -> CollectivePrediction {
    let call =
      switch exchange {
      case .allReduce(let bytes): CollectiveCall(collective: .allReduce, bytes: bytes)
      case .allGather(let bytes): CollectiveCall(collective: .allGather, bytes: bytes)
      case .hop(let bytes): CollectiveCall(collective: .sendReceive, bytes: bytes)
      }
    return try profile.predict(call, on: machine)
  }
}
