import CUDABackend
import MPIRanks
import Quantities

/// One rank among those that mpirun has started, with the device of its number on its machine, and NCCL between them.
struct DeviceRank {
  let transport: MPITransport
  let driver: CUDADriver
  let monitor: NVMLLibrary
  /// The rank's own device.
  let device: DeviceDescription
  let library: NCCLLibrary
  let installed: InstalledDevices
  /// Whether the driver or NCCL of any rank is the tests' emulation: what one of them emulates is not measured.
  let usesEmulation: Bool
  /// The number of each rank among those of its machine.
  let placeOfRank: [Int]
  private let devices: [DeviceDescription]

  /// Finds the device and the libraries, and agrees on them with the other ranks.
  ///
  /// - Parameters:
  ///   - transport: The ranks.
  ///   - numbers: The devices that each machine's ranks take in turn; nil for all.
  ///   - folders: Where libraries are looked for first.
  /// - Throws: ``CUDAError``: `noDevice` where a machine has more ranks than devices, `libraryUnfit` where ranks have
  ///   different versions of NCCL; what MPI throws.
  init(_ transport: MPITransport, devices numbers: [Int]?, folders: [String]) throws {
    self.transport = transport
    let local = try transport.localRank()
    driver = try CUDADriver(folders: folders)
    monitor = try NVMLLibrary(folders: folders)
    devices = try TransferSettings.find(numbers, driver)
    guard devices.indices.contains(local) else {
      throw CUDAError.noDevice(
        "rank \(transport.rank) is number \(local) of its machine, from 0, which gives it the device of that number among "
          + "\(devices.count)")
    }
    device = devices[local]
    library = try NCCLLibrary(folders: folders)
    var places = [Double](repeating: 0, count: transport.worldSize)
    places[transport.rank] = Double(local)
    let found = try transport.largest(
      [Double(library.version), Double(-library.version), driver.isEmulation || library.isEmulation ? 1 : 0] + places)
    guard found[0] == -found[1] else {
      throw CUDAError.libraryUnfit(
        .nccl, path: library.path,
        problem: "rank \(transport.rank) has \(library.title), and others have other versions; expected one")
    }
    usesEmulation = found[2] > 0
    placeOfRank = found.dropFirst(3).map { Int($0) }
    installed = try InstalledDevices(driver: driver, monitor: monitor)
  }

  /// The most ranks of a machine.
  var perMachine: Int { (placeOfRank.max() ?? 0) + 1 }

  /// The ranks of each machine in rank order; nil where they are not numbered machine by machine.
  var machines: [[Int]]? {
    var machines: [[Int]] = []
    for (rank, place) in placeOfRank.enumerated() {
      if place == 0 {
        machines.append([rank])
      } else if let last = machines.indices.last, machines[last].count == place {
        machines[last].append(rank)
      } else {
        return nil
      }
    }
    return machines
  }

  /// What is measured on, a line each: of the devices those of this rank's machine.
  var machine: [String] {
    TransferSettings.machine(Array(devices.prefix(perMachine)), installed, library) + [
      "\(transport.worldSize) ranks over \(transport.library), at most \(perMachine) a machine; devices are those of rank "
        + "\(transport.rank)'s machine"
    ]
  }

  /// Joins the other ranks with the device in use.
  func join(_ session: DeviceSession, limit: Seconds) throws -> CollectiveGroup {
    let id = try transport.broadcast(
      transport.rank == 0 ? try library.newID() : [UInt8](repeating: 0, count: NCCLLibrary.idByteCount))
    let group = try transport.limited("ncclCommInitRank") {
      try CollectiveGroup(
        library: library, session: session, rank: transport.rank, worldSize: transport.worldSize, id: id, limit: limit)
    }
    let processes = MPIProcesses(transport: transport)
    if transport.rank == 0 { group.findsFailure = { processes.told() } }
    return group
  }

  /// Does what ranks measure; where that ends on rank 0 because another rank can't go on, and has told so, by what it told.
  func explaining<Value>(_ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let error as CUDAError {
      guard transport.rank == 0 else { throw error }
      // What was told moves only while MPI is asked for it.
      let clock = ContinuousClock()
      let end = clock.now.advanced(by: .milliseconds(200))
      repeat {
        if let told = MPIProcesses(transport: transport).told() { throw told }
      } while clock.now < end && transport.worldSize > 1
      throw error
    }
  }

  /// Does what ranks measure: none of them is ended before rank 0 has stored what they find wrong together, or what one of
  /// them has told it.
  func keepingTogether<Value>(_ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let error as CUDAError {
      switch error {
      case .wrongTransfer, .wrongStep: _ = try transport.largest([0])
      default: if transport.rank > 0 { MPIProcesses(transport: transport).tell(error) }
      }
      throw error
    }
  }
}
