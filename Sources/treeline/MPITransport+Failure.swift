import ArgumentParser
import MPIRanks

extension MPITransport {
  /// Does a rank's part; an error there is told at once and ends the other ranks, which would wait for this one.
  func endingAllRanks<Value>(_ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch {
      guard let code = CommandFailure.report(error) else { throw error }
      endAllRanks(code: code.rawValue)
      throw code
    }
  }
}
