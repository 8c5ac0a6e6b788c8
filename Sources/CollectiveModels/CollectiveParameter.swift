import RealModule

/// A parameter of tier 1: one common value, and a deviation for each class of nodes or of networks.
public enum CollectiveParameter: String, CaseIterable, Hashable, Sendable {
  case baseLL = "base-ll"
  case baseLL128 = "base-ll128"
  case baseSimple = "base-simple"
  case hopLL = "hop-ll"
  case hopLL128 = "hop-ll128"
  case hopSimple = "hop-simple"
  case plateau
  case plateauSize = "plateau-size"
  case shareLL = "share-ll"
  case shareLL128 = "share-ll128"
  case shareSimple = "share-simple"
  case shareTree = "share-tree"
  case copyAllGather = "copy-all-gather"
  case copyAllReduce = "copy-all-reduce"
  case copyReduceScatter = "copy-reduce-scatter"
  case copyAllToAll = "copy-all-to-all"
  case copyLL = "copy-ll"
  case byteIntegers = "byte-integers"
  case netHopLL = "net-hop-ll"
  case netHopLL128 = "net-hop-ll128"
  case netHopSimple = "net-hop-simple"
  case netGrowth = "net-growth"
  case netGrowthSize = "net-growth-size"
  case netShareLL = "net-share-ll"
  case netShareLL128 = "net-share-ll128"
  case netShareSimple = "net-share-simple"
  case netShareTree = "net-share-tree"
  case netShareNVLS = "net-share-nvls"
  case pairBase = "pair-base"
  case pairPeer = "pair-peer"
  case pairGrowth = "pair-growth"
  case pairGrowthSize = "pair-growth-size"
  case pairLargeGrowth = "pair-large-growth"
  case pairLargeGrowthSize = "pair-large-growth-size"
  case pairShare = "pair-share"
  case pairRingShare = "pair-ring-share"
  case netPairShare = "net-pair-share"

  /// What is said of it.
  public struct Meaning: Sendable {
    /// Its symbol in the formulas.
    public let symbol: String
    /// Its unit; `x` for a multiple of NCCL's own figure.
    public let unit: String
    /// What it is.
    public let text: String
    /// The centre of its prior.
    public let centre: Double
    /// The prior's standard deviation of the logarithm of the common value.
    public let spread: Double
    /// The same of a class's deviation.
    public let classSpread: Double
  }

  /// Its place among all.
  var number: Int { Self.numbers[self] ?? 0 }

  private static let numbers = Dictionary(uniqueKeysWithValues: zip(allCases, 0...))

  /// Whether its deviations are of networks, not of nodes.
  public var isOfNetwork: Bool { rawValue.hasPrefix("net-") }

  /// What is said of it.
  public var meaning: Meaning { Self.meanings[number] }

  // In the order of the cases. Priors: neutral ones, one times NCCL's latencies and nine tenths of its bandwidths; those of
  // plateau, growths and sizes were chosen with the measurements in sight.
  private static let meanings: [Meaning] = [
    Meaning("btLL", "x", "fixed cost, LL: times NCCL's base latency", 1, 0.5, 0.5),
    Meaning("btLL128", "x", "fixed cost, LL128: times NCCL's base latency", 1, 0.5, 0.5),
    Meaning("btSimple", "x", "fixed cost, Simple: times NCCL's base latency", 1, 0.5, 0.5),
    Meaning("bhLL", "x", "hop in a node, LL: times NCCL's hop latency", 1, 0.5, 0.5),
    Meaning("bhLL128", "x", "hop in a node, LL128: times NCCL's hop latency", 1, 0.5, 0.5),
    Meaning("bhSimple", "x", "hop in a node, Simple: times NCCL's hop latency", 1, 0.5, 0.5),
    Meaning("gl", "us", "extra fixed cost of LL once all channels run", 3, 0.7, 0.5),
    Meaning("s0", "KiB", "size at half of that", 9, 0.5, 0.4),
    Meaning("ebLL", "1", "reached share of NCCL's bus bandwidth in a node, LL", 0.9, 0.15, 0.25),
    Meaning("ebLL128", "1", "reached share of NCCL's bus bandwidth in a node, LL128", 0.9, 0.15, 0.25),
    Meaning("ebSimple", "1", "reached share of NCCL's bus bandwidth in a node, Simple", 0.9, 0.15, 0.25),
    Meaning("ebT", "1", "the same, tree", 0.9, 0.2, 0.2),
    Meaning("rcAG", "1", "copy of a rank's own part, all-gather: time of a byte in units of 1/W", 0.5, 0.3, 0.3),
    Meaning("rcAR", "1", "copy of a rank's own part, all-reduce: time of a byte in units of 1/W", 0.5, 0.3, 0.3),
    Meaning("rcRS", "1", "copy of a rank's own part, reduce-scatter: time of a byte in units of 1/W", 0.5, 0.3, 0.3),
    Meaning("rcA2A", "1", "copy of a rank's own part, all-to-all: time of a byte in units of 1/W", 0.5, 0.3, 0.3),
    Meaning("rcl", "1", "the same, LL: in units of 1 / NCCL's bus bandwidth of LL", 1, 0.5, 0.3),
    Meaning("rd8", "1", "int8 against fp16: extra time of a reduced byte, in units of 1/W", 0.07, 0.5, 0.3),
    Meaning("bkLL", "x", "hop between nodes, LL: times NCCL's network latency", 1, 0.5, 0.5),
    Meaning("bkLL128", "x", "hop between nodes, LL128: times NCCL's network latency", 1, 0.5, 0.5),
    Meaning("bkSimple", "x", "hop between nodes, Simple: times NCCL's network latency", 1, 0.5, 0.5),
    Meaning("gn", "1", "growth of hops between nodes from tiny to medium messages, as a share", 0.5, 0.5, 0.5),
    Meaning("s1", "KiB", "size at half of that growth", 12, 0.7, 0.7),
    Meaning("enLL", "1", "reached share of NCCL's bus bandwidth between nodes, LL", 0.9, 0.2, 0.25),
    Meaning("enLL128", "1", "reached share of NCCL's bus bandwidth between nodes, LL128", 0.9, 0.2, 0.25),
    Meaning("enSimple", "1", "reached share of NCCL's bus bandwidth between nodes, Simple", 0.9, 0.2, 0.25),
    Meaning("enT", "1", "the same, tree", 0.9, 0.2, 0.2),
    Meaning("enV", "1", "the same, NVLSTree", 0.95, 0.1, 0.1),
    Meaning("tp", "x", "fixed cost of send/recv and all-to-all: times that of LL", 1, 0.4, 0.3),
    Meaning("hp", "us", "the same, for each further rank", 0.25, 0.7, 0.4),
    Meaning("gp", "us", "growth of send/recv from tiny to medium messages", 4, 0.5, 0.5),
    Meaning("s2", "KiB", "size to a rank at half of that growth", 24, 0.6, 0.5),
    Meaning("gq", "us", "further fixed cost of large send/recv", 8, 0.7, 0.5),
    Meaning("s3", "KiB", "size to a rank at half of it", 1000, 0.6, 0.5),
    Meaning("ep", "1", "reached share of bus bandwidth, send/recv and all-to-all in a node", 0.9, 0.1, 0.15),
    Meaning("es", "1", "further factor for a ring of send/recv", 1, 0.15, 0.2),
    Meaning("enp", "1", "reached share of the network, send/recv and all-to-all", 0.9, 0.2, 0.2),
  ]
}

extension CollectiveParameter.Meaning {
  init(
    _ symbol: String, _ unit: String, _ text: String, _ centre: Double, _ spread: Double, _ classSpread: Double
  ) {
    self.init(symbol: symbol, unit: unit, text: text, centre: centre, spread: spread, classSpread: classSpread)
  }
}
