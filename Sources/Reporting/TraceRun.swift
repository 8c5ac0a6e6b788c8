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
  /// The number of the process of rank 0; that of the step is before it, that of the links after those of the ranks.
  let rankProcess: Int
  /// The number of the arrow of the first message.
  let firstFlow: Int
  /// The peak of each rank in bytes.
  let peaks: [Bytes]
  /// For each region, the names from the outermost to it.
  let regionPaths: [String]

  init(run: SimulationRun, name: String, ranks: TraceRanks, after lastProcess: Int, firstFlow: Int) {
    self.run = run
    self.name = name
    self.ranks = ranks
    // Viewers show the numbers: round thousands or so, that a rank's process may end in the rank.
    var stride = 100
    while stride < run.program.worldSize + 2 { stride *= 10 }
    rankProcess = ((lastProcess + 1) / stride + 1) * stride
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

  var stepProcess: Int { rankProcess - 1 }
  var linksProcess: Int { rankProcess + run.program.worldSize }
  func process(ofRank rank: Int) -> Int { rankProcess + rank }
}
