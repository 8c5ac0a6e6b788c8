import Programs
import Quantities
import Topologies

/// The time of every kernel of a program on every rank's device.
struct KernelTimes {
  private let table: [Double]
  private let kernelCount: Int
  private let profileOfRank: [Int32]
  /// The factor by which each rank's kernels take longer; empty where none does.
  private let slowdowns: [Double]
  private let jitter: Distribution?
  private let seed: UInt64
  private let isPlain: Bool

  /// Works out the roofline time of each distinct kernel on each device profile, with the launch where it is paid; a time
  /// that the conditions give takes the place of both.
  init(program: Program, topology: Topology, conditions: Conditions = Conditions()) {
    kernelCount = program.kernels.count
    var table = [Double](repeating: 0, count: kernelCount * topology.profiles.count)
    for (profileIndex, profile) in topology.profiles.enumerated() {
      for (kernelIndex, kernel) in program.kernels.enumerated() {
        if let time = conditions.kernelTime(profile: profileIndex, kernel: kernelIndex) {
          table[profileIndex * kernelCount + kernelIndex] = time.seconds
          continue
        }
        let roofline = profile.rooflineTime(flops: kernel.flops, bytes: kernel.bytes, type: kernel.type)
        let launch = kernel.launched ? profile.launchOverhead : .zero
        table[profileIndex * kernelCount + kernelIndex] = (launch + roofline).seconds
      }
    }
    self.table = table
    profileOfRank = topology.devices.prefix(program.worldSize).map { Int32($0.profile) }
    slowdowns = conditions.slowdowns
    jitter = conditions.kernelJitter
    seed = SeededHash.mix(conditions.seed, 0, 1)
    isPlain = slowdowns.isEmpty && jitter == nil
  }

  /// The time of a kernel on a rank's device, in seconds.
  ///
  /// - Parameter operation: The operation that runs it, which chooses its jitter.
  @inline(__always)
  func seconds(kernel: Int, rank: Int, operation: Int) -> Double {
    let seconds = table[Int(profileOfRank[rank]) * kernelCount + kernel]
    return isPlain ? seconds : seconds * factor(rank: rank, operation: operation)
  }

  /// The factor by which a kernel takes longer than on the device as described; 1 or more.
  func factor(rank: Int, operation: Int) -> Double {
    var factor = rank < slowdowns.count ? slowdowns[rank] : 1
    if let jitter { factor *= 1 + jitter.sample(seed: seed, UInt64(operation), 0) }
    return factor
  }
}
