import CUDABackend
import MPIRanks

/// The processes that mpirun has started, in step.
struct MPIProcesses: CollectiveProcesses {
  let transport: MPITransport

  /// Tells rank 0 of an error of this rank, which can't go on.
  func tell(_ error: CUDAError) { transport.tell("\(error.kind.rawValue) \(error)") }

  /// What another rank has told rank 0, where it has.
  func told() -> CUDAError? { transport.told.flatMap { Self.error($0) } }

  private static func error(_ failure: MPIFailure) -> CUDAError? {
    guard case .told(let rank, let text) = failure else { return nil }
    let parts = text.split(separator: " ", maxSplits: 1)
    return .elsewhere(
      rank: rank, kind: parts.first.flatMap { CUDAError.Kind(rawValue: String($0)) } ?? .bug,
      error: parts.count > 1 ? String(parts[1]) : text)
  }

  func largest(_ numbers: [Double]) throws -> [Double] {
    do {
      return try transport.largest(numbers)
    } catch let failure as MPIFailure {
      throw Self.error(failure) ?? failure
    }
  }
  func limited<Value>(_ what: String, _ body: () throws -> Value) throws -> Value {
    try transport.limited(what, body)
  }
}
