import Configuration

extension Topology {
  /// Reads a topology file.
  ///
  ///     name: pair
  ///     links:
  ///       nvlink4: {bandwidth: 450 GB/s, latency: 500 ns}   # per device and direction
  ///       ndr: {bandwidth: 400 Gb/s, latency: 2 us, message-overhead: 1 us, efficiency: 0.9}
  ///     nodes:
  ///       dgx: {count: 2, devices: {type: h100-sxm, count: 8}, scale-up: {kind: switch, link: nvlink4, planes: 4},
  ///             nics: {count: 8, link: ndr, affinity: rail}}
  ///     fabric: {kind: fat-tree, levels: 2, rails: 8, link: ndr}
  ///     routing: {seed: 1, cross-rail: scale-up}
  ///
  /// - `devices` (optional) holds profiles by name, which come before those of the library.
  /// - `links` names link classes; `message-overhead` is 0 and `efficiency` 1 unless given.
  /// - `nodes` holds groups of equal nodes; groups may differ. Ranks are numbered in file order, node by node. `nics`
  ///   without `attach` makes each device its own port; with it, `affinity` says whether device `i` uses NIC
  ///   `i * nics / devices` (`rail`) or every device reaches every NIC over a host bridge (`shared`). A group's
  ///   `nics.link` takes the place of the fabric's class on the links of its own ports.
  /// - `scale-up` and `fabric` name a shape by `kind`: `switch`, `full-mesh`, `ring`, `torus`, `fat-tree`, `tree`,
  ///   `dragonfly`, `pcie-tree`, `graph` or `none`. Each is described in its file in `Sources/Topologies/Shapes`.
  /// - `routing.seed` chooses among equal paths; `routing.cross-rail: scale-up` sends messages for another rail over
  ///   the scale-up links first.
  ///
  /// - Parameters:
  ///   - document: The file.
  ///   - profiles: Finds the device profiles that the file names but doesn't hold.
  ///   - limits: How large a topology may be.
  /// - Throws: ``ConfigurationError`` at the first thing wrong.
  public init(
    document: Document, profiles: ProfileLibrary, limits: TopologyLimits = .standard
  ) throws(ConfigurationError) {
    var builder = ClusterBuilder(
      try ClusterDescription(document: document, library: profiles, limits: limits))
    self = builder.build()
  }
}
