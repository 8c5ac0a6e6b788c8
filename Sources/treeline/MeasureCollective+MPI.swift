import ArgumentParser
import CUDABackend
import MPIRanks
import Quantities

extension MeasureCollective {
  /// The processes that mpirun has started, in step.
  private struct Processes: CollectiveProcesses {
    let transport: MPITransport

    func largest(_ numbers: [Double]) throws -> [Double] { try transport.largest(numbers) }
    func limited<Value>(_ what: String, _ body: () throws -> Value) throws -> Value {
      try transport.limited(what, body)
    }
  }

  /// Measures as one rank among those that mpirun has started, each with the device of its number on its machine; rank 0
  /// reports and stores.
  func measureOverMPI(_ plan: CollectivePlan) throws {
    let transport = try MPITransport(timeout: mpi.limit)
    transport.program = "measure collective"
    try transport.endingAllRanks {
      let local = try transport.localRank()
      let folders = try libraries.folders()
      let driver = try CUDADriver(folders: folders)
      let monitor = try NVMLLibrary(folders: folders)
      let devices = try TransferSettings.find(plan.devices, driver)
      guard devices.indices.contains(local) else {
        throw CUDAError.noDevice(
          "rank \(transport.rank) is number \(local) of its machine, from 0, which gives it the device of that number among "
            + "\(devices.count)")
      }
      let library = try NCCLLibrary(folders: folders)
      // All ranks must have the same NCCL, and what one of them emulates is not measured.
      let found = try transport.largest([
        Double(library.version), Double(-library.version), driver.isEmulation || library.isEmulation ? 1 : 0,
        Double(local),
      ])
      guard found[0] == -found[1] else {
        throw CUDAError.libraryUnfit(
          .nccl, path: library.path,
          problem: "rank \(transport.rank) has \(library.title), and others have other versions; expected one")
      }
      let installed = try InstalledDevices(driver: driver, monitor: monitor)
      let database = transport.rank == 0 ? try storage.open() : nil
      let perMachine = Int(found[3]) + 1
      let records = MeasureRecords(
        devices: installed,
        machine: TransferSettings.machine(Array(devices.prefix(perMachine)), installed, library) + [
          "\(transport.worldSize) ranks over \(transport.library), at most \(perMachine) a machine; devices are those of rank "
            + "0's machine"
        ], seed: seed, usesEmulation: found[2] > 0)
      let session = try DeviceSession(driver: driver, monitor: monitor, device: devices[local])
      do {
        let measured = try records.storingFailure(in: database) {
          let id = try transport.broadcast(
            transport.rank == 0 ? try library.newID() : [UInt8](repeating: 0, count: NCCLLibrary.idByteCount))
          let group = try transport.limited("ncclCommInitRank") {
            try CollectiveGroup(
              library: library, session: session, rank: transport.rank, worldSize: transport.worldSize, id: id,
              limit: plan.limit)
          }
          return try plan.measure(
            CollectiveBench(
              group: group, plan: plan.repeats, way: plan.way, processes: Processes(transport: transport)),
            showsProgress: transport.rank == 0)
        }
        try transport.finish()
        guard transport.rank == 0 else { return }
        if transport.worldSize == 1 {
          CommandFailure.warn("--mpi: one rank alone, so that nothing crosses a link; start it with mpirun -np N")
        }
        try report(measured, records, database)
      } catch let error as CUDAError {
        // All ranks know of a wrong result: none is ended before rank 0 has stored it.
        guard case .wrongTransfer = error else { throw error }
        _ = try transport.largest([0])
        throw error
      }
    }
  }
}
