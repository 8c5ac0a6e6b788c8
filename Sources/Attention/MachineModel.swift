import Collectives
import Devices
import Programs
import Quantities
import Topologies

/// The few rates that closed forms of time are worked out with: one device, and one wire between any two ranks.
///
/// On a cluster whose ranks are alike and whose messages never share a link, simulated times equal the closed forms.
/// On any other the closed form says what the slowest device and the slowest neighbour's wire alone would give, and
/// the difference is what contention and unevenness add.
public struct MachineModel: Sendable {
  /// The slowest device of the group.
  public var device: DeviceProfile
  /// The wire between neighbours: overhead, latency and bandwidth.
  public var wire: AlphaBeta
  /// The time of an attention kernel by another model than the device's roofline; nil, or its nil, for the roofline.
  public var attentionTime: (@Sendable (Kernel) -> Seconds?)?
  /// The time of a whole exchange by another model than the wire, its launch included; nil, or its nil, for the wire.
  public var exchangeTime: (@Sendable (Exchange) -> Seconds?)?

  /// Creates a model from its parts.
  public init(device: DeviceProfile, wire: AlphaBeta) {
    self.device = device
    self.wire = wire
  }

  /// The time of a kernel on the device, its launch included when it is launched on its own.
  func time(_ kernel: Kernel) -> Seconds {
    attentionTime?(kernel)
      ?? (kernel.launched ? device.launchOverhead : .zero)
      + device.rooflineTime(flops: kernel.flops, bytes: kernel.bytes, type: kernel.type)
  }

  /// The time of the slowest of the kernels that ranks run.
  ///
  /// Ranks with alike shares stand side by side: a run of equal kernels is timed once, as a fitted model takes its time to
  /// tell one.
  func slowest(_ kernels: some Sequence<Kernel>) -> Seconds {
    var slowest = Seconds.zero
    var last: Kernel?
    for kernel in kernels where kernel != last {
      slowest = max(slowest, time(kernel))
      last = kernel
    }
    return slowest
  }

  /// The model of a group of a cluster: the device with the least memory bandwidth, and the route between ring
  /// neighbours (rank r to rank r + 1, and the last to the first) on which `bytes` take longest.
  ///
  /// - Parameters:
  ///   - topology: The cluster.
  ///   - size: The number of ranks, from the first.
  ///   - bytes: The message size at which routes are compared.
  /// - Complexity: O(size) routes.
  public init(of topology: Topology, first size: Int, comparing bytes: Bytes) {
    let profiles = topology.devices.prefix(max(size, 1)).map { topology.profiles[$0.profile] }
    let device =
      profiles.min { $0.achievedMemoryBandwidth < $1.achievedMemoryBandwidth }
      ?? DeviceProfile(name: "none", title: "none", memory: .zero, memoryBandwidth: BytesPerSecond(1), peak: [:])
    var slowest: Route?
    if size > 1 {
      for rank in 0..<size {
        guard let route = topology.route(from: rank, to: (rank + 1) % size) else { continue }
        if slowest.map({ route.time(for: bytes) > $0.time(for: bytes) }) ?? true { slowest = route }
      }
    }
    self.init(
      device: device, wire: AlphaBeta(route: slowest ?? Route(links: [], in: topology.graph), device: device))
  }
}
