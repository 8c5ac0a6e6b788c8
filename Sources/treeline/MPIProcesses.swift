import CUDABackend
import MPIRanks

/// The processes that mpirun has started, in step.
struct MPIProcesses: CollectiveProcesses {
  let transport: MPITransport

  func largest(_ numbers: [Double]) throws -> [Double] { try transport.largest(numbers) }
  func limited<Value>(_ what: String, _ body: () throws -> Value) throws -> Value {
    try transport.limited(what, body)
  }
}
