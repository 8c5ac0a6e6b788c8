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
    collectives = try CommaList.choices(
      command.collectives, option: "--collectives", noun: "collective", among: Collective.allCases,
      spelling: CollectiveSpelling.collective)
    types = try CommaList.choices(
      command.types, option: "--types", noun: "type", among: CollectiveType.allCases, spelling: CollectiveSpelling.type)
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
    limit = try TransferSettings.limit(command.timeout)
    repeats = try TransferSettings.plan(precision: command.precision, repeats: command.repeats)
    devices = try TransferSettings.devices(command.devices)
    inPlace = command.inPlace
    way = command.launch
    seed = command.seed
  }

  /// Looks for sizes of which nothing is left when they are divided among ranks.
  ///
  /// - Parameter ranks: The number of ranks.
  /// - Returns: What is to be said of those that are skipped, as a sentence; nil where there are none.
  /// - Throws: ``UsageError`` where none is left to measure.
  func skippedSizes(ranks: Int) throws -> String? {
    var skipped: [(sizes: String, names: [String])] = []
    var isAnyLeft = false
    for type in types {
      for collective in collectives {
        // The larger of two sizes never leaves less.
        let small = sizes.filter { collective.shape(size: $0, type: type, ranks: ranks).count == 0 }
        isAnyLeft = isAnyLeft || small.count < sizes.count
        guard let first = small.first, let last = small.last else { continue }
        let text = first == last ? "\(first)" : "\(first) to \(last)"
        let name = "\(collective.rawValue) \(type.rawValue)"
        if let place = skipped.firstIndex(where: { $0.sizes == text }) {
          skipped[place].names.append(name)
        } else {
          skipped.append((text, [name]))
        }
      }
    }
    guard !skipped.isEmpty else { return nil }
    let list = skipped.map { "\($0.sizes) of \($0.names.joined(separator: ", "))" }.joined(separator: "; ")
    let among = ranks == 1 ? "for 1 rank" : "among \(ranks) ranks"
    guard isAnyLeft else {
      throw UsageError(
        "--from and --to: nothing is left \(among) of \(list), which are whole elements, and 16 bytes a rank where parts "
          + "are gathered or scattered; expected larger sizes")
    }
    return "skipped are sizes of which nothing is left \(among): \(list)"
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
