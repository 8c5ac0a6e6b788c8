import CUDABackend
import MPIRanks
import Quantities

extension MeasureAttention {
  /// Measures as one rank among those that mpirun has started, each with the device of its number on its machine; rank 0
  /// reports and stores.
  func measureOverMPI(_ plan: inout AttentionPlan) throws {
    let transport = try MPITransport(timeout: mpi.limit)
    transport.program = "measure attention"
    try transport.endingAllRanks {
      let rank = try DeviceRank(transport, devices: plan.asked, folders: try cuda.folders())
      try plan.place(rank)
      let compiler = try cuda.compiler()
      try rank.driver.checkFits(compiler.compiler)
      let database = transport.rank == 0 ? try storage.open() : nil
      let records = MeasureRecords(
        devices: rank.installed, machine: rank.machine + [compiler.compiler.title], seed: seed,
        usesEmulation: rank.usesEmulation)
      try rank.keepingTogether {
        let found = try records.storingFailure(in: database, inputs: plan.inputs) {
          try rank.explaining {
            let sessions = try sessions(of: plan, rank.driver, rank.monitor, compiler)
            return try plan.measure(
              on: sessions, group: try rank.join(sessions[0], limit: plan.limit),
              processes: MPIProcesses(transport: transport), showsProgress: transport.rank == 0)
          }
        }
        try transport.finish()
        guard transport.rank == 0 else { return }
        if transport.worldSize == 1 {
          CommandFailure.warn("--mpi: one rank alone, so that nothing crosses a link; start it with mpirun -np N")
        }
        try report(found, plan, records, database)
      }
    }
  }
}
