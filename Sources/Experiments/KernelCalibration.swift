import KernelModels

/// The kernel model calibrated on files of measured times, with all that says how good it is.
public struct KernelCalibration: Sendable {
  /// What came of one phase.
  public struct Phase: Sendable {
    /// The file.
    public let file: KernelDataFile
    /// Each software on each device.
    public let groups: [GroupCalibration]
    /// Fits over all devices.
    public let shared: [SharedFit]
    /// Devices predicted from others.
    public let devices: [CrossDevice]
  }

  /// The seed of every draw.
  public let seed: UInt64
  /// The phases.
  public let phases: [Phase]

  /// The kernels that share parameters where a device is left out or all are fitted at once.
  static func lineages(_ phase: KernelPhase) -> [(software: KernelSoftware, families: [KernelFamily])] {
    switch phase {
    case .decode: [(.vllm, [.fa2, .fa3]), (.trtllm, [.mmha]), (.trtllm, [.xqa])]
    case .prefill: [(.vllm, [.fa2, .fa3]), (.trtllm, [.fm2, .fm3])]
    }
  }

  private enum Piece: Sendable {
    case full(GroupFit)
    case fold(GroupFit)
    case lengths(LengthsLeftOut)
    case shared(SharedFit?)
    case device(CrossDevice)
  }

  private typealias Job = @Sendable () throws -> Piece

  /// Calibrates.
  ///
  /// - Parameters:
  ///   - files: The files, at most one a phase.
  ///   - seed: The seed of every draw: of folds, and of rows where a fit has more than it uses.
  ///   - parallel: The threads; they change no bit of the result.
  ///   - starting: Is told how many fits there are.
  ///   - advancing: Is called, on any thread, when one is done.
  /// - Throws: ``KernelDataError`` or ``KernelModelError``.
  public init(
    _ files: [KernelDataFile], seed: UInt64, parallel: Parallel, starting: (Int) -> Void,
    advancing: @escaping @Sendable () -> Void
  ) throws {
    self.seed = seed
    var plans: [(file: KernelDataFile, groups: [(rows: PreparedRows, folds: [Int])], jobs: [Job])] = []
    for file in files {
      let rows = try file.prepared()
      let (groups, jobs) = Self.plan(file.phase, rows, seed: seed)
      plans.append((file, groups, jobs))
    }
    let jobs = plans.flatMap(\.jobs)
    starting(jobs.count)
    let pieces = try parallel.map(jobs.count) { index in
      let piece = try jobs[index]()
      advancing()
      return piece
    }
    var position = 0
    phases = plans.map { plan in
      defer { position += plan.jobs.count }
      return Self.assemble(plan.file, plan.groups, Array(pieces[position..<position + plan.jobs.count]))
    }
  }

  private static func plan(_ phase: KernelPhase, _ rows: PreparedRows, seed: UInt64)
    -> (groups: [(rows: PreparedRows, folds: [Int])], jobs: [Job])
  {
    var groups: [(rows: PreparedRows, folds: [Int])] = []
    var jobs: [Job] = []
    for device in KernelDevice.measured {
      for software in KernelSoftware.allCases {
        let part = rows.group(device, software)
        guard part.count > 0 else { continue }
        let name = "\(phase.rawValue), \(device.name), \(software.label)"
        let folds = part.folds(CrossValidation.foldCount, seed: seed)
        groups.append((part, folds))
        jobs.append { .full(try GroupFit(part, name: name, seed: seed)) }
        for fold in 0..<CrossValidation.foldCount {
          jobs.append {
            let others = part.leavingOut(fold, of: folds)
            return .fold(try GroupFit(others, name: "\(name), without fold \(fold)", seed: seed))
          }
        }
        jobs.append { .lengths(try LengthsLeftOut(part, name: "\(name), every second length", seed: seed)) }
      }
    }
    for (software, families) in lineages(phase) {
      let label = families.map(\.rawValue).joined(separator: "/")
      jobs.append {
        .shared(
          try SharedFit(rows, lineage: families, name: "\(phase.rawValue), \(label) of all devices", seed: seed))
      }
      for (source, target) in [(KernelDevice.h100, KernelDevice.a100), (.a100, .h100)] {
        jobs.append {
          .device(
            try CrossDevice(
              rows, software, lineage: families, from: source, to: target,
              name: "\(phase.rawValue), \(label) without \(target.name)", seed: seed))
        }
      }
    }
    return (groups, jobs)
  }

  private static func assemble(
    _ file: KernelDataFile, _ groups: [(rows: PreparedRows, folds: [Int])], _ pieces: [Piece]
  ) -> Phase {
    var calibrated: [GroupCalibration] = []
    var shared: [SharedFit] = []
    var devices: [CrossDevice] = []
    var full: GroupFit?
    var folds: [GroupFit] = []
    for piece in pieces {
      switch piece {
      case .full(let fit):
        full = fit
        folds = []
      case .fold(let fit): folds.append(fit)
      case .lengths(let lengths):
        let (rows, numbers) = groups[calibrated.count]
        if let full, let group = GroupCalibration(rows, folds: numbers, full: full, fits: folds, lengths: lengths) {
          calibrated.append(group)
        }
      case .shared(let fit): if let fit { shared.append(fit) }
      case .device(let device): if !device.rows.isEmpty { devices.append(device) }
      }
    }
    return Phase(file: file, groups: calibrated, shared: shared, devices: devices)
  }

  /// What predictions are made from.
  public var profile: KernelProfile {
    var shared: [KernelPhase: [KernelFamily: FittedParameters]] = [:]
    var transfer: [KernelPhase: [KernelSoftware: Double]] = [:]
    for phase in phases {
      for fit in phase.shared where fit.lineage.count == 1 {
        for family in fit.lineage { shared[phase.file.phase, default: [:]][family] = fit.fitted }
      }
      for software in KernelSoftware.allCases {
        // The wider of the directions: which of them a new device is like, nobody knows.
        let widths = KernelDevice.measured.compactMap { target in
          CrossDevice.halfWidth(
            phase.devices.filter { $0.software == software && $0.target == target })
        }
        transfer[phase.file.phase, default: [:]][software] = widths.max()
      }
    }
    return KernelProfile(groups: phases.flatMap(\.groups).map(\.kernels), shared: shared, transfer: transfer)
  }
}
