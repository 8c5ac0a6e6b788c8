import Programs
import Quantities
import Simulation
import Topologies

/// One run as the processes of a trace; the parts are in the extensions, one a kind of process.
struct TraceRun {
  let run: SimulationRun
  let name: String
  let ranks: TraceRanks
  /// For each rank, whether it is shown.
  let isShown: [Bool]
  /// The number of the process of the step; those of the ranks and of the links follow.
  let firstProcess: Int
  /// The number of the arrow of the first message.
  let firstFlow: Int
  /// The peak of each rank in bytes.
  let peaks: [Bytes]
  /// For each region, the names from the outermost to it.
  let regionPaths: [String]

  init(run: SimulationRun, name: String, ranks: TraceRanks, firstProcess: Int, firstFlow: Int) {
    self.run = run
    self.name = name
    self.ranks = ranks
    self.firstProcess = firstProcess
    self.firstFlow = firstFlow
    peaks = run.peakBytesByRank
    isShown = ranks.mask(worldSize: run.program.worldSize)
    var paths: [String] = []
    for region in run.program.regions {
      // A parent is opened before its children, so its path is there.
      let outer = region.parent.map { paths[Int($0)] + " / " } ?? ""
      paths.append(outer + region.name)
    }
    regionPaths = paths
  }

  var stepProcess: Int { firstProcess }
  var linksProcess: Int { firstProcess + 1 + run.program.worldSize }
  func process(ofRank rank: Int) -> Int { firstProcess + 1 + rank }

  /// When the first byte of a message arrives.
  func arrival(ofMessage message: Int) -> Double {
    let timeline = run.timeline
    let route = timeline.routes[Int(timeline.routeOfMessage[message])]
    return timeline.messagePosts[message] + route.latency.seconds
  }

  /// When the last byte of a message arrives.
  func finish(ofMessage message: Int) -> Double {
    run.timeline.finishes[Int(run.program.messages[message].receive)]
  }

  /// The links that a message crosses.
  func links(ofMessage message: Int) -> [Int32] {
    run.timeline.routes[Int(run.timeline.routeOfMessage[message])].links
  }
}
