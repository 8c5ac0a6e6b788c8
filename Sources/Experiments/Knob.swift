import Devices
import Quantities
import Simulation
import Topologies

/// One figure of a cluster that could be better: of a link class, of a device type, or of all of them at once.
///
/// Turning a knob changes the figures and nothing else: links and routes stay, and what an option leaves to be chosen,
/// such as the collective of an all-reduce, is chosen anew, as `treeline simulate --set` does.
public struct Knob: Hashable, Sendable, CustomStringConvertible {
  /// What is turned.
  public enum Figure: String, Sendable, Hashable, CaseIterable {
    /// The bandwidth of links.
    case bandwidth
    /// The latency of links.
    case latency
    /// The software's time to post a message.
    case messageOverhead = "message overhead"
    /// The bandwidth of devices' memories.
    case memoryBandwidth = "memory bandwidth"
    /// The peak arithmetic of devices, of all data types.
    case arithmetic
    /// The time to launch a kernel.
    case launchOverhead = "launch overhead"

    /// Whether more of it is better; of a time, less is.
    public var isRate: Bool { self == .bandwidth || self == .memoryBandwidth || self == .arithmetic }
    /// Whether it belongs to links, and not to devices.
    public var isOfLinks: Bool { self == .bandwidth || self == .latency || self == .messageOverhead }
  }

  /// What is turned.
  public var figure: Figure
  /// The link class or the device type; nil for all.
  public var target: String?

  /// Creates a knob.
  ///
  /// - Parameters:
  ///   - figure: What is turned.
  ///   - target: The link class or the device type; nil for all.
  public init(_ figure: Figure, of target: String?) {
    self.figure = figure
    self.target = target
  }

  /// Such as "bandwidth of ndr" or "latency of all links".
  public var description: String {
    "\(figure.rawValue) of \(target ?? (figure.isOfLinks ? "all links" : "all devices"))"
  }

  /// The factor of the figure when it gets better by a share: 0.1 makes a rate 1.1 times as large, a time 0.9 times.
  public func factor(betterBy share: Double) -> Double { figure.isRate ? 1 + share : 1 - share }

  /// The factor that leaves nothing of what the knob costs: times become zero and rates 2^30 times as large, as rates
  /// must stay finite.
  public var unlimited: Double { figure.isRate ? 0x1p30 : 0 }

  /// The cluster with the figure multiplied.
  public func turned(_ topology: Topology, by factor: Double) -> Topology {
    var turned = topology
    guard figure.isOfLinks else {
      for index in turned.profiles.indices where turns(turned.profiles[index].name) {
        turn(&turned.profiles[index], by: factor)
      }
      return turned
    }
    for (index, linkClass) in topology.graph.linkClasses.enumerated() where turns(linkClass.name) {
      var linkClass = linkClass
      switch figure {
      case .bandwidth: linkClass.bandwidth = linkClass.bandwidth * factor
      case .latency: linkClass.latency = linkClass.latency * factor
      case .messageOverhead: linkClass.messageOverhead = linkClass.messageOverhead * factor
      case .memoryBandwidth, .arithmetic, .launchOverhead: break
      }
      turned.graph.setLinkClass(at: index, to: linkClass)
    }
    return turned
  }

  private func turn(_ profile: inout DeviceProfile, by factor: Double) {
    switch figure {
    case .memoryBandwidth: profile.memoryBandwidth = profile.memoryBandwidth * factor
    case .arithmetic: profile.peak = profile.peak.mapValues { $0 * factor }
    case .launchOverhead: profile.launchOverhead = profile.launchOverhead * factor
    case .bandwidth, .latency, .messageOverhead: break
    }
  }

  /// Whether the knob turns a figure of a link class or a device type.
  public func turns(_ name: String) -> Bool { target.map { $0 == name } ?? true }

  /// Whether the time that a resource limits is the knob's; what a link loses to others, or to a condition of the run,
  /// is a matter of its bandwidth.
  public func governs(_ resource: CriticalPath.Resource) -> Bool {
    guard let other = Knob(resource) else { return false }
    return figure == other.figure && other.target.map(turns) ?? false
  }

  /// The knob that the time of a resource depends on; nil for what is a condition of the run and no figure of the cluster.
  public init?(_ resource: CriticalPath.Resource) {
    switch resource {
    case .memory(let device): self.init(.memoryBandwidth, of: device)
    case .arithmetic(let device): self.init(.arithmetic, of: device)
    case .launch(let device): self.init(.launchOverhead, of: device)
    case .messageOverhead(let link): self.init(.messageOverhead, of: link)
    case .latency(let link): self.init(.latency, of: link)
    case .bandwidth(let link), .sharing(let link), .messageEfficiency(let link), .degradation(let link):
      self.init(.bandwidth, of: link)
    case .calibratedKernel, .startDelay, .slowdown, .communication, .jitter, .change, .hold: return nil
    }
  }

  /// Every knob of a cluster that is not at its best already: of each link class that has links and each device type
  /// among the first ranks, and of all links or devices where there are several.
  ///
  /// - Parameters:
  ///   - topology: The cluster.
  ///   - ranks: The number of ranks that take part, from the first.
  public static func all(of topology: Topology, first ranks: Int) -> [Knob] {
    let wired = Set(topology.graph.links.map(\.linkClass))
    let classes = topology.graph.linkClasses.indices.filter { wired.contains(Int32($0)) }
      .map { topology.graph.linkClasses[$0] }
    let used = Set(topology.devices.prefix(ranks).map(\.profile))
    let profiles = topology.profiles.indices.filter { used.contains($0) }.map { topology.profiles[$0] }
    return Figure.allCases.flatMap { figure -> [Knob] in
      let names: [String] =
        switch figure {
        case .bandwidth: classes.map(\.name)
        case .latency: classes.filter { $0.latency > .zero }.map(\.name)
        case .messageOverhead: classes.filter { $0.messageOverhead > .zero }.map(\.name)
        case .memoryBandwidth, .arithmetic: profiles.map(\.name)
        case .launchOverhead: profiles.filter { $0.launchOverhead > .zero }.map(\.name)
        }
      return names.map { Knob(figure, of: $0) } + (names.count > 1 ? [Knob(figure, of: nil)] : [])
    }
  }
}
