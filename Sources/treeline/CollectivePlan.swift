import CUDABackend
import Quantities

/// What a command line asks `treeline measure collective` to measure, every option checked before any device is asked for.
struct CollectivePlan {
  /// The devices' numbers; nil for all.
  let devices: [Int]?
  let repeats: RepeatPlan
  /// How long what is put on the devices may take.
  let limit: Seconds
  let way: LaunchWay
  private let collectives: [Collective]
  private let types: [CollectiveType]
  private let sizes: [Bytes]
  private let inPlace: Bool
  private let seed: UInt64

  init(_ command: MeasureCollective) throws {
    collectives = try CommaList.split(command.collectives, option: "--collectives").map {
      try CommaList.choice(
        $0, option: "--collectives", noun: "collective", among: Collective.allCases,
        spelling: CollectiveSpelling.collective)
    }
    types = try CommaList.split(command.types, option: "--types").map {
      try CommaList.choice(
        $0, option: "--types", noun: "type", among: CollectiveType.allCases,
        spelling: CollectiveSpelling.type)
    }
    let first = try TransferSettings.size(command.from, option: "--from")
    let last = try TransferSettings.size(command.to, option: "--to")
    guard first.count <= last.count else {
      throw UsageError("--from: found \(first), expected at most the \(last) of --to")
    }
    guard (2...1 << 20).contains(command.factor) else {
      throw UsageError("--factor: found \(command.factor), expected 2 to 1048576")
    }
    var sizes: [Bytes] = []
    var size = first.count
    while size <= last.count {
      sizes.append(Bytes(size))
      size *= Int64(command.factor)
    }
    self.sizes = sizes
    guard command.timeout >= 0.1, command.timeout <= 86_400 else {
      throw UsageError("--timeout: found \(command.timeout), expected 0.1 to 86400 seconds")
    }
    limit = Seconds(command.timeout)
    repeats = try TransferSettings.plan(precision: command.precision, repeats: command.repeats)
    devices = try TransferSettings.devices(command.devices)
    inPlace = command.inPlace
    way = command.launch
    seed = command.seed
  }

  /// Measures all that was asked for, one after another; of sizes that round to the same whole, the first.
  func measure(_ bench: CollectiveBench, showsProgress: Bool) throws -> [CollectiveMeasurement] {
    var progress = Progress(total: collectives.count * types.count * sizes.count, of: "sizes")
    defer { progress.finish() }
    var found: [CollectiveMeasurement] = []
    var done = 0
    for collective in collectives {
      for type in types {
        var last = 0
        for size in sizes {
          let count = collective.shape(size: size, type: type, ranks: bench.group.worldSize).count
          if count > last {
            for isInPlace in inPlace && collective.worksInPlace ? [false, true] : [false] {
              if let one = try bench.measure(
                collective, type: type, size: size, isInPlace: isInPlace, seed: seed)
              {
                found.append(one)
              }
            }
            last = count
          }
          done += 1
          if showsProgress { progress.update(done: done) }
        }
      }
    }
    return found
  }
}
