import Quantities
import Simulation
import Topologies

/// How busy links were over the time of a run, cut into equal stretches.
///
/// A message's bytes are spread evenly from the arrival of its first byte to that of its last, on every link of its
/// route at once: the simulator keeps no rates. So bytes are exact over a message; inside one the rate is its mean, and
/// where several share a link their sum may for a while read above its bandwidth. A message that takes no time to arrive
/// counts in the stretch where it does.
public struct LinkUtilization: Sendable {
  /// The links of one class and tier.
  public struct Row: Sendable {
    /// The name of the class.
    public var linkClass: String
    /// Where its links lie.
    public var tier: LinkTier
    /// The number of links that carried bytes.
    public var usedLinks: Int
    /// The number of links.
    public var links: Int
    /// The bytes of each stretch, on all links together.
    public var bytes: [Double]
    /// For each stretch, the share of their bandwidth that the links which carried bytes used on average.
    public var mean: [Double]
    /// The ends of the link that carried the most bytes.
    public var busiestLink: String
    /// For each stretch, the share of its bandwidth that this link used.
    public var busiest: [Double]
  }

  /// The length of a stretch.
  public let width: Seconds
  /// The number of stretches.
  public let bins: Int
  /// A row for each class and tier that carried bytes, in the order of the topology file.
  public let rows: [Row]

  /// No time, and nothing in it.
  init() {
    width = .zero
    bins = 1
    rows = []
  }

  /// Adds up a run.
  ///
  /// - Parameters:
  ///   - run: The run.
  ///   - bins: The number of stretches, at least 1.
  /// - Complexity: O(messages × links crossed × stretches) at most.
  public init(of run: SimulationRun, bins: Int) {
    let bins = max(1, bins)
    let width = run.makespan.seconds / Double(bins)
    let graph = run.topology.graph
    let transfers = run.transfersByLink()
    func bytesByBin(ofLink link: Int) -> [Double] {
      var bytes = [Double](repeating: 0, count: bins)
      for transfer in transfers[link] {
        let (amount, start, end) = run.transfer(Int(transfer))
        Self.spread(Double(amount), from: start, to: end, width: width, over: &bytes)
      }
      return bytes
    }
    rows = run.trafficByClass.filter { $0.bytes > .zero }.map { traffic in
      let used = graph.links.indices.filter {
        graph.links[$0].tier == traffic.tier && graph.linkClass(ofLink: $0).name == traffic.linkClass
          && run.bytesByLink[$0] > .zero
      }
      var total = [Double](repeating: 0, count: bins)
      // The link with the most bytes; of equals that with the fullest stretch, and of those the first.
      var busiest: (link: Int, bytes: [Double], peak: Double)?
      for link in used {
        let bytes = bytesByBin(ofLink: link)
        for (bin, amount) in bytes.enumerated() { total[bin] += amount }
        let peak = bytes.max() ?? 0
        if busiest.map({ (run.bytesByLink[link], peak) > (run.bytesByLink[$0.link], $0.peak) }) ?? true {
          busiest = (link, bytes, peak)
        }
      }
      let room = graph.payloadBandwidth(ofLink: busiest?.link ?? 0).bytesPerSecond * width
      return Row(
        linkClass: traffic.linkClass, tier: traffic.tier, usedLinks: used.count, links: traffic.linkCount, bytes: total,
        mean: total.map { room > 0 ? $0 / (room * Double(used.count)) : 0 },
        busiestLink: busiest.map { run.nameOfEnds(ofLink: $0.link) } ?? "",
        busiest: (busiest?.bytes ?? []).map { room > 0 ? $0 / room : 0 })
    }
    self.width = Seconds(width)
    self.bins = bins
  }

  /// Spreads bytes evenly over a span of time; what is added is in sum what is given, but for rounding.
  static func spread(_ bytes: Double, from start: Double, to end: Double, width: Double, over bins: inout [Double]) {
    func bin(_ time: Double) -> Int { width > 0 ? min(max(0, Int(time / width)), bins.count - 1) : 0 }
    let (first, last) = (bin(start), bin(end))
    guard end > start, last > first else {
      bins[last] += bytes
      return
    }
    // By what has arrived at the end of each stretch, so that the pieces add up to the whole.
    var before = 0.0
    for bin in first...last {
      let until = bin == last ? bytes : bytes * min(1, max(0, (Double(bin + 1) * width - start) / (end - start)))
      bins[bin] += until - before
      before = until
    }
  }
}
