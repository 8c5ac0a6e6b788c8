/// The constants of NCCL 2.30.7's own tuner: src/graph/tuning.cc and topo.h of NVIDIA/nccl @5067397c2676 (BSD-3-Clause).
///
/// Latencies are in microseconds and bandwidths in GB/s, both as NCCL has them.
enum NCCLConstants {
  /// `baseLatencies`: LL, LL128, Simple.
  static func base(_ algorithm: NCCLAlgorithm, _ form: NCCLProtocol) -> Double {
    switch algorithm {
    case .tree: [6.8, 14, 8.4][form.number]
    case .ring: [6.6, 14, 8.4][form.number]
    case .pat: 8
    case .nvls, .nvlsTree, .pointToPoint: 0
    }
  }

  /// `hwLatencies`.
  static func hop(_ hardware: NCCLHardware, _ algorithm: NCCLAlgorithm, _ form: NCCLProtocol) -> Double {
    let row: [Double] =
      switch (hardware, algorithm) {
      case (.nvlink, .tree): [0.6, 1.25, 4]
      case (.nvlink, .ring): [0.6, 1.9, 3.4]
      case (.nvlink, .nvls), (.nvlink, .nvlsTree): [0, 0, 25]
      case (.nvlink, .pat), (.pci, .pat): [0, 0, 4]
      case (.pci, .tree): [1, 1.9, 4]
      case (.pci, .ring): [1, 2.5, 5.7]
      case (.net, .tree): [5, 8.5, 14]
      case (.net, .ring): [2.7, 4, 14]
      case (.net, .nvls): [0, 0, 18]
      case (.net, .nvlsTree): [0, 0, 20.9]
      case (.net, .pat): [0, 0, 14]
      default: [0, 0, 0]
      }
    return row[form.number]
  }

  /// `llMaxBws`, for one node, two, and more.
  static func mostLL(_ generation: NCCLGeneration, _ size: Int) -> Double {
    switch generation {
    case .volta: [39, 39, 20.4][size]
    case .ampere: [87.7, 22.5, 19][size]
    case .hopper: [141, 45, 35][size]
    case .blackwell: [282, 90, 70][size]
    }
  }

  /// `perChMaxRingLL128Bws`.
  static func ringLL128(_ generation: NCCLGeneration) -> Double {
    switch generation {
    case .volta, .ampere: 20
    case .hopper: 36.7
    case .blackwell: 40
    }
  }

  /// `perChMaxTreeLL128Bws`.
  static func treeLL128(_ generation: NCCLGeneration, _ size: Int) -> Double {
    switch generation {
    case .volta, .ampere: 20
    case .hopper: [36.7, 36.7, 29][size]
    case .blackwell: [55.6, 31.67, 20][size]
    }
  }

  /// `perChMaxTreeBws`.
  static func tree(_ generation: NCCLGeneration, _ size: Int) -> Double {
    switch generation {
    case .volta: [26.5, 18.5, 10][size]
    case .ampere: [24, 23.6, 17.8][size]
    case .hopper: [38.7, 41.4, 36][size]
    case .blackwell: [70, 42.8, 24][size]
    }
  }

  /// `perChMaxNVLSTreeBws`.
  static func nvlsTree(_ generation: NCCLGeneration, _ size: Int) -> Double {
    switch generation {
    case .volta: [26.5, 18.5, 10][size]
    case .ampere: [24, 23.6, 17.8][size]
    case .hopper: [0, 57.7, 45.5][size]
    case .blackwell: [0, 96, 80][size]
    }
  }

  /// `nvlsEfficiency`.
  static func nvlsShare(_ generation: NCCLGeneration) -> Double {
    switch generation {
    case .hopper: 0.85
    case .blackwell: 0.74
    case .volta, .ampere: 0
    }
  }

  /// `treeCorrectionFactor`: for messages from 64 B on, an octave each, to below 1 GiB.
  static func treeCorrection(_ form: NCCLProtocol, octave: Int) -> Double {
    let row: [Double] =
      switch form {
      case .ll:
        [
          1, 1, 1, 1, 0.9, 0.8, 0.7, 0.7, 0.7, 0.7, 0.6, 0.5, 0.4, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1, 1, 1, 1,
        ]
      case .ll128:
        [
          1, 1, 1, 1, 1, 0.9, 0.8, 0.8, 0.8, 0.7, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.8, 0.9, 0.9, 0.9, 0.9, 1, 1, 1,
        ]
      case .simple:
        [
          0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.8, 0.7, 0.6, 0.6, 0.5, 0.5, 0.5, 0.5, 0.6, 0.7, 0.8, 0.7, 0.7, 0.8, 0.9,
          0.9, 0.9,
        ]
      }
    return row.indices.contains(octave) ? row[octave] : 1
  }
}
