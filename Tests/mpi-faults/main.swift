import CPUNumerics
import Foundation
import MPIRanks
import Programs
import Quantities

/// What a rank sees when another does wrong, which the shipped program has no way to do. `.ci/mpi` runs it:
///
///     mpirun -np 2 mpi-faults all-reduce    # the last rank never comes to an all-reduce
///     mpirun -np 2 mpi-faults gather        # the last rank never comes to the gathering of results
///     mpirun -np 2 mpi-faults message       # the last rank sends too little
///     mpirun -np 4 mpi-faults whole-units   # no fault: MPI never cuts a unit, whatever the number of units
///
/// The exit code is 69 or 70 where something was found wrong, 0 where nothing was.
struct Faults {
  let transport: MPITransport

  private var isLast: Bool { transport.rank == transport.worldSize - 1 }

  func run(_ fault: String) throws {
    switch fault {
    case "all-reduce":
      if isLast { Thread.sleep(forTimeInterval: 60) }
      var bytes = [UInt8](repeating: 0, count: 8)
      try transport.allReduce(
        &bytes, PackedReduction(reduction: .sum, type: .fp32, elementsPerUnit: 1), name: "all-reduce sum")
    case "gather":
      if isLast { Thread.sleep(forTimeInterval: 60) }
      _ = try transport.gather([1])
    case "message":
      let transfer = RankTransfer(
        message: 3, peer: isLast ? 0 : transport.worldSize - 1, bytes: 8, isSend: isLast, operation: "#3")
      if isLast { try transport.send([1, 2, 3], transfer) } else { try transport.receive(transfer) }
      _ = try transport.wait(for: transfer)
    case "whole-units":
      for units in [1, 2, 3, 7, 64, 1000, 20_000] { try reduceUnits(units) }
    default:
      throw UnknownFault()
    }
  }

  /// An online-softmax all-reduce whose result can be told without any rounding: with equal maxima it sums.
  private func reduceUnits(_ count: Int) throws {
    let unit = 5
    let size = Float(transport.worldSize)
    var own: [Float] = []
    var expected: [Float] = []
    for head in 0..<count {
      let number = Float(head % 100)
      own += [number, Float(transport.rank), 1, 0, 1]
      expected += [size * number, size * (size - 1) / 2, size, 0, size]
    }
    var bytes = PackedNumbers.pack(own, as: .fp32)
    try transport.allReduce(
      &bytes, PackedReduction(reduction: .onlineSoftmax, type: .fp32, elementsPerUnit: unit), name: "all-reduce")
    let found = PackedNumbers.unpack(bytes, as: .fp32)
    guard found == expected else { throw WrongUnits(count: count) }
  }

  struct UnknownFault: Error {}
  struct WrongUnits: Error { let count: Int }
}

func say(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }

let words = CommandLine.arguments
do {
  let transport = try MPITransport(timeout: Seconds(2))
  do {
    transport.program = "a test"
    try Faults(transport: transport).run(words.count > 1 ? words[1] : "")
    try transport.finish()
  } catch {
    say("mpi-faults: \(error)")
    transport.endAllRanks(code: 70)
  }
} catch {
  say("mpi-faults: \(error)")
  exit(1)
}
