import Programs
import Quantities
import Topologies

/// The time of every kernel of a program on every rank's device.
struct KernelTimes {
  private let table: [Double]
  private let kernelCount: Int
  private let profileOfRank: [Int32]

  /// Works out the roofline time of each distinct kernel on each device profile, with the launch where it is paid.
  init(program: Program, topology: Topology) {
    kernelCount = program.kernels.count
    var table = [Double](repeating: 0, count: kernelCount * topology.profiles.count)
    for (profileIndex, profile) in topology.profiles.enumerated() {
      for (kernelIndex, kernel) in program.kernels.enumerated() {
        let roofline = profile.rooflineTime(flops: kernel.flops, bytes: kernel.bytes, type: kernel.type)
        let launch = kernel.launched ? profile.launchOverhead : .zero
        table[profileIndex * kernelCount + kernelIndex] = (launch + roofline).seconds
      }
    }
    self.table = table
    profileOfRank = topology.devices.prefix(program.worldSize).map { Int32($0.profile) }
  }

  /// The time of a kernel on a rank's device, in seconds.
  @inline(__always)
  func seconds(kernel: Int, rank: Int) -> Double {
    table[Int(profileOfRank[rank]) * kernelCount + kernel]
  }
}
