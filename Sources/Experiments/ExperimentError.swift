import Quantities

/// Why an experiment could not be run.
public enum ExperimentError: Error, Hashable, Sendable, CustomStringConvertible {
  /// More ranks were asked for than the cluster has devices.
  case tooFewDevices(asked: Int, topology: String, available: Int)
  /// A number is out of its range.
  case outOfRange(what: String, found: String, expected: String)

  /// One sentence for a person.
  public var description: String {
    switch self {
    case .tooFewDevices(let asked, let topology, let available):
      "--gpus \(asked): the topology '\(topology)' has \(available) devices; "
        + "ask for 1 to \(available), or raise its count: --set nodes.<group>.count=<n>"
    case .outOfRange(let what, let found, let expected):
      "\(what): found \(found), expected \(expected)"
    }
  }
}
