import Attention
import Configuration
import Devices
import KernelModels
import Programs
import Quantities
import Simulation
import Topologies
import Workloads

/// How the attention kernels of a step are timed: by a calibrated kernel model, in place of a roofline.
///
/// The model says a time and an 80 % interval for each kernel. The step is simulated once with the times, and again for
/// each replication with times drawn from the intervals: an error of the model is one of its form, and shared by all kernels
/// of a device, so that one draw a device and replication is made (``FittedTime``).
public struct KernelTiming: Sendable {
  /// The calibrated model.
  public let profile: ResolvedKernelProfile
  /// The software whose kernels run.
  public let software: KernelSoftware
  /// How often times are drawn from their intervals, 1 or more.
  public var replications: Int
  /// Chooses which replication draws what.
  public let seed: UInt64
  private let devices: [String: KernelDevice]

  /// Takes a model for the devices of a cluster.
  ///
  /// - Parameters:
  ///   - profile: The calibrated model.
  ///   - software: The software whose kernels run.
  ///   - topology: The cluster; later changes of it, such as those of a sensitivity analysis, change no kernel's time.
  ///   - replications: How often times are drawn.
  ///   - seed: Chooses which replication draws what.
  /// - Throws: ``KernelModelError`` for a device without the figures that the model needs.
  public init(
    _ profile: ResolvedKernelProfile, _ software: KernelSoftware, on topology: Topology,
    replications: Int = FittedTime.defaultReplications, seed: UInt64 = 0
  ) throws(KernelModelError) {
    self.profile = profile
    self.software = software
    self.replications = max(1, replications)
    self.seed = seed
    var devices: [String: KernelDevice] = [:]
    for device in topology.profiles { devices[device.name] = try KernelDevice(device) }
    self.devices = devices
  }

  /// What the model says of the kernels of a program.
  struct Predictions: Sendable {
    /// For each device profile of the cluster, for each kernel; nil for what is no attention.
    let table: [[(shape: AttentionKernel, prediction: KernelPrediction)?]]

    /// The times, or those at a quantile of their intervals.
    ///
    /// - Parameter deviates: For each device profile the standard normal deviate of the quantile; nil for the times.
    func times(at deviates: [Double]? = nil) -> [[Seconds?]] {
      table.enumerated().map { profile, row in row.map { $0?.prediction.time(at: deviates?[profile]) } }
    }
  }

  /// What the model says of the kernels of a program.
  ///
  /// - Throws: ``KernelModelError`` for a kernel that the model does not cover.
  func predictions(
    _ program: Program, _ workload: AttentionWorkload, on topology: Topology
  ) throws(KernelModelError) -> Predictions {
    let used = Set(topology.devices.prefix(program.worldSize).map(\.profile))
    var table: [[(shape: AttentionKernel, prediction: KernelPrediction)?]] = []
    for (place, device) in topology.profiles.enumerated() {
      var row: [(shape: AttentionKernel, prediction: KernelPrediction)?] = []
      for kernel in program.kernels {
        row.append(used.contains(place) ? try prediction(kernel, workload, onProfile: device.name) : nil)
      }
      table.append(row)
    }
    return Predictions(table: table)
  }

  /// What the model says of one kernel on a device profile; nil for what is no attention, or attends to nothing.
  ///
  /// - Throws: ``KernelModelError`` for a kernel that the model does not cover.
  func prediction(
    _ kernel: Kernel, _ workload: AttentionWorkload, onProfile name: String
  ) throws(KernelModelError) -> (shape: AttentionKernel, prediction: KernelPrediction)? {
    guard kernel.action == .attend || kernel.action == .attendInto, kernel.flops > .zero, let device = devices[name]
    else { return nil }
    let shape = try shape(kernel, workload)
    return (shape, try profile.profile.predict(shape, software, on: device))
  }

  /// The shape of a kernel by its amounts.
  ///
  /// A block of a prefill is taken as the causal prefill of as many pairs of a query and a key, since no other was measured.
  private func shape(_ kernel: Kernel, _ workload: AttentionWorkload) throws(KernelModelError) -> AttentionKernel {
    let shape = workload.shape
    guard !shape.valuesShareKeys, shape.keyDim == shape.valueDim else {
      throw .shape(
        field: "head dim", found: "\(shape.keyDim) for keys and \(shape.valueDim) for values",
        expected: "one for both: no kernel over a latent cache was measured")
    }
    guard (1...2).contains(workload.type.size) else {
      throw .shape(
        field: "data type", found: workload.type.rawValue, expected: "bf16, fp16 or fp8: no kernel of it was measured")
    }
    let perPair = workload.attendFLOPs(pairs: 1)
    let pairs = kernel.flops / perPair
    // A causal prefill of n tokens has n(n + 1)/2 pairs.
    let side = ((1 + 8 * pairs).squareRoot() - 1) / 2
    let tokens = Int((workload.isDecode ? pairs : side).rounded())
    var expanded = workload
    expanded.shape = shape.expanded
    // A ring that repeats its keys and values reads them for every query head.
    let isExpanded = workload.isDecode && kernel.bytes >= expanded.cacheBytes(tokens: tokens)
    return try AttentionKernel(
      phase: workload.isDecode ? .decode : .prefill, batch: workload.batch, queryHeads: shape.queryHeads,
      kvHeads: isExpanded ? shape.queryHeads : shape.kvHeads, headDim: shape.keyDim,
      queryTokens: workload.isDecode ? 1 : max(tokens, 1), contextTokens: max(tokens, 1),
      elementBytes: workload.type.size)
  }
}
