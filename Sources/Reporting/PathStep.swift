import Programs
import Quantities
import Simulation
import Topologies

/// One stretch of a critical path in words.
struct PathStep: Sendable {
  /// What two stretches share that are alike but for ranks, sizes and counts.
  struct Kind: Hashable, Sendable {
    /// The names of the regions around it, without their numbers, from the outermost.
    var region: String
    /// The name of the kernel; nil for a message.
    var action: String?
    /// The classes of the links that a message crosses, in order.
    var links: [String]
    /// What most of its time was limited by; nil for a stretch of no time.
    var resource: CriticalPath.Resource?
  }

  var kind: Kind
  /// The names of the regions around it, from the outermost.
  var region: String
  /// The innermost region; -1 for none.
  var regionIndex: Int32
  var start: Seconds
  var duration: Seconds
  /// The rank of a kernel, or the sender.
  var from: Int
  /// The receiver; the same for a kernel.
  var to: Int
  /// The bytes of a message; nil for a kernel.
  var bytes: Bytes?
  /// How many messages its sender posted after this one could start and before it was posted itself.
  var postedAfter = 0
  /// What its time went into.
  var resources: [CriticalPath.Resource: Seconds]

  /// What its time went into, most first.
  var rankedResources: [(resource: CriticalPath.Resource, time: Seconds)] { Self.ranked(resources) }

  private static func ranked(
    _ resources: [CriticalPath.Resource: Seconds]
  ) -> [(resource: CriticalPath.Resource, time: Seconds)] {
    resources.map { (resource: $0.key, time: $0.value) }.sorted { left, right in
      left.time == right.time ? left.resource.description < right.resource.description : left.time > right.time
    }
  }

  /// The stretches of a path.
  static func steps(of path: CriticalPath, in run: SimulationRun) -> [PathStep] {
    let regions = regionNames(of: run.program)
    var sent: TraceGroups?
    return zip(path.steps, run.resources(of: path.steps)).map { step, resources in
      var part = PathStep(step, resources, regions, in: run)
      let operation = Int(step.operation.index)
      guard part.kind.action == nil, !step.isStartDelay else { return part }
      let message = Int(run.program.subjects[operation])
      let (start, posted) = (run.timeline.messageStarts[message], run.timeline.messagePosts[message])
      // Posted at once, it takes its own overhead, but for the rounding of late times.
      guard posted - start > run.route(ofMessage: message).messageOverhead.seconds + 1e-9 * posted else { return part }
      let bySender =
        sent
        ?? TraceGroups(groups: run.program.worldSize, count: run.program.messages.count) { index, name in
          name(Int(run.program.messages[index].from))
        }
      sent = bySender
      part.postedAfter = bySender[part.from].count { other in
        let time = run.timeline.messagePosts[Int(other)]
        return other != Int32(message) && time > start && time <= posted
      }
      return part
    }
  }

  private init(
    _ step: CriticalPath.Step, _ resources: [CriticalPath.Resource: Seconds], _ regions: [String], in run: SimulationRun
  ) {
    let program = run.program
    let operation = Int(step.operation.index)
    let subject = Int(program.subjects[operation])
    regionIndex = program.regionIndices[operation]
    region = regionIndex >= 0 ? regions[Int(regionIndex)] : ""
    start = step.start
    duration = step.end - step.start
    self.resources = resources
    let most = Self.ranked(resources).first?.resource
    let regionKind = String(region.filter { !$0.isNumber })
    guard !step.isStartDelay else {
      (from, to) = (Int(program.ranks[operation]), Int(program.ranks[operation]))
      bytes = nil
      (region, regionIndex) = ("", -1)
      kind = Kind(region: "", action: "starts late", links: [], resource: most)
      return
    }
    switch program.kinds[operation] {
    case .send, .receive:
      let message = program.messages[subject]
      (from, to) = (Int(message.from), Int(message.to))
      bytes = Bytes(message.bytes)
      let links = run.route(ofMessage: subject).links.map { run.topology.graph.linkClass(ofLink: Int($0)).name }
      kind = Kind(region: regionKind, action: nil, links: links, resource: most)
    case .compute:
      (from, to) = (Int(program.ranks[operation]), Int(program.ranks[operation]))
      bytes = nil
      kind = Kind(region: regionKind, action: program.kernels[subject].action.name, links: [], resource: most)
    case .allocate, .free:
      (from, to) = (Int(program.ranks[operation]), Int(program.ranks[operation]))
      bytes = nil
      kind = Kind(region: regionKind, action: "memory", links: [], resource: most)
    }
  }

  /// For each region, the names from the outermost to it, each with how it is done.
  private static func regionNames(of program: Program) -> [String] {
    var names: [String] = []
    for region in program.regions {
      let outer = region.parent.map { names[Int($0)] + ", " } ?? ""
      names.append(outer + region.name + (region.detail.isEmpty ? "" : " (\(region.detail))"))
    }
    return names
  }
}
