import ArgumentParser
import CUDABackend
import MPIRanks
import Quantities

extension MeasureCollective {
  /// Measures as one rank among those that mpirun has started, each with the device of its number on its machine; rank 0
  /// reports and stores.
  func measureOverMPI(_ plan: CollectivePlan) throws {
    let transport = try MPITransport(timeout: mpi.limit)
    transport.program = "measure collective"
    try transport.endingAllRanks {
      let skipped = try plan.skippedSizes(ranks: transport.worldSize)
      if let skipped, transport.rank == 0 { CommandFailure.warn(skipped) }
      let rank = try DeviceRank(transport, devices: plan.devices, folders: try libraries.folders())
      let database = transport.rank == 0 ? try storage.open() : nil
      let records = MeasureRecords(
        devices: rank.installed, machine: rank.machine, seed: seed, usesEmulation: rank.usesEmulation)
      let session = try DeviceSession(driver: rank.driver, monitor: rank.monitor, device: rank.device)
      try rank.keepingTogether {
        let measured = try records.storingFailure(in: database) {
          try rank.explaining {
            try plan.measure(
              CollectiveBench(
                group: try rank.join(session, limit: plan.limit), plan: plan.repeats, way: plan.way,
                processes: MPIProcesses(transport: transport)),
              showsProgress: transport.rank == 0)
          }
        }
        try transport.finish()
        guard transport.rank == 0 else { return }
        if transport.worldSize == 1 {
          CommandFailure.warn("--mpi: one rank alone, so that nothing crosses a link; start it with mpirun -np N")
        }
        try report(measured, records, database)
      }
    }
  }
}
