// swift-tools-version: 6.2
import PackageDescription

/// Every target of the package compiles as Swift 6 with warnings as errors, so that none is ever read past.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
]

/// What tests spend their time in: optimised in debug builds as well, with every assertion and every check of an index
/// that debug builds have. Whole modules at a time, since most of the gain is across files.
let optimized: [SwiftSetting] = [
  .unsafeFlags(
    ["-O", "-disable-batch-mode", "-wmo", "-num-threads", "2", "-assert-config", "Debug"], .when(configuration: .debug))
]

/// A library module and the modules and products that it stands on; `isBusy` where tests spend much time in it.
func module(_ name: String, _ dependencies: [Target.Dependency] = [], isBusy: Bool = false) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: isBusy ? strict + optimized : strict)
}

/// The tests of one module; `excluding` names files that are read where they lie.
func tests(_ name: String, _ dependencies: [Target.Dependency], excluding: [String] = []) -> Target {
  .testTarget(name: name, dependencies: dependencies, exclude: excluding, swiftSettings: strict)
}

let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let orderedCollections = Target.Dependency.product(name: "OrderedCollections", package: "swift-collections")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let numerics = Target.Dependency.product(name: "RealModule", package: "swift-numerics")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")

/// What is compiled and linked only in builds with the trait.
let withMPI = TargetDependencyCondition.when(traits: ["MPI"])

let package = Package(
  name: "treeline",
  products: [
    .executable(name: "treeline", targets: ["treeline"])
  ],
  traits: [
    .trait(name: "MPI", description: "Run programs over real processes with Open MPI (Debian's libopenmpi-dev).")
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
    .package(url: "https://github.com/apple/swift-numerics", exact: "1.1.1"),
    .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
  ],
  targets: [
    module("Quantities", isBusy: true),
    module("Configuration", ["Quantities", yams]),
    module("Fitting", ["Quantities", numerics]),
    module("Devices", ["Quantities", "Configuration"]),
    module("Workloads", ["Quantities", "Configuration"]),
    module("KernelModels", ["Quantities", "Configuration", "Fitting", "Devices", "Workloads", numerics]),
    module("CollectiveModels", ["Quantities", "Configuration", "Fitting", numerics]),
    module("Machines", ["Quantities", "Configuration"]),
    module("Measurements", ["Quantities", "Configuration"]),
    module("Topologies", ["Quantities", "Configuration", "Devices"], isBusy: true),
    module("Programs", ["Quantities"], isBusy: true),
    module(
      "Simulation", ["Quantities", "Devices", "Topologies", "Programs", orderedCollections, numerics], isBusy: true),
    module("Collectives", ["Quantities", "Devices", "Topologies", "Programs"], isBusy: true),
    module("Attention", ["Quantities", "Devices", "Topologies", "Workloads", "Programs", "Collectives"], isBusy: true),
    module("Scenarios", ["Quantities", "Configuration", "Topologies", "Simulation"]),
    .target(name: "CAttention"),
    .target(name: "CLoader"),
    .target(name: "CNCCL"),
    module("Libraries", ["CLoader"]),
    module(
      "CPUNumerics",
      [
        "Quantities", "Devices", "Topologies", "Workloads", "Programs", "Simulation", "Collectives", "Attention",
        "CAttention", "Libraries", numerics,
      ], isBusy: true),
    .target(
      name: "CUDABackend",
      dependencies: [
        "Quantities", "Configuration", "Devices", "Workloads", "Programs", "Machines", "CPUNumerics", "Libraries",
        "CNCCL",
      ],
      exclude: ["Kernels", "README.md"], swiftSettings: strict),
    // The only target that sees MPI, and empty without the trait, so that nothing else need be installed then.
    .target(
      name: "CMPI", dependencies: [.target(name: "COpenMPI", condition: withMPI)],
      cSettings: [.define("TREELINE_MPI", .when(traits: ["MPI"]))]),
    .systemLibrary(name: "COpenMPI", pkgConfig: "ompi-c", providers: [.apt(["libopenmpi-dev"])]),
    module("MPIRanks", ["Quantities", "CPUNumerics", .target(name: "CMPI", condition: withMPI)]),
    module("ResultStore", ["Quantities", "Measurements", grdb]),
    module(
      "Experiments",
      [
        "Quantities", "Configuration", "Devices", "Workloads", "Topologies", "Programs", "Simulation", "Collectives",
        "Attention", "Scenarios", "ResultStore", "Fitting", "KernelModels", "CollectiveModels", "Measurements",
        numerics,
      ]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    module(
      "Reporting",
      [
        "Quantities", "Workloads", "Topologies", "Programs", "Simulation", "Collectives", "Attention", "Scenarios",
        "CPUNumerics", "CUDABackend", "Experiments", "ResultStore", "Fitting", "KernelModels", "CollectiveModels",
        "Measurements", "CZlib", orderedCollections,
      ]),
    .executableTarget(
      name: "treeline",
      dependencies: [
        "Quantities", "Configuration", "Devices", "Workloads", "Topologies", "Programs", "Simulation", "Collectives",
        "Attention", "Scenarios", "CPUNumerics", "CUDABackend", "MPIRanks", "ResultStore", "Experiments", "Reporting",
        "Machines", "Fitting", "KernelModels", "CollectiveModels", "Measurements", arguments, logging,
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "treeline-bench",
      dependencies: [
        "Quantities", "Configuration", "Devices", "Workloads", "Topologies", "Programs", "Simulation", "Collectives",
        "Attention", "Experiments",
      ],
      path: "Benchmarks/treeline-bench", swiftSettings: strict),
    .executableTarget(
      name: "attention-bench", dependencies: ["CPUNumerics", "Quantities", "Workloads"],
      path: "Benchmarks/attention/attention-bench", swiftSettings: strict),
    .target(
      name: "FlowJobs", dependencies: ["Quantities", "Devices", "Topologies", "Programs"],
      path: "Benchmarks/FlowJobs", swiftSettings: strict),
    .executableTarget(
      name: "flowbench", dependencies: ["FlowJobs", "Simulation"], path: "Benchmarks/flowbench",
      swiftSettings: strict),
    .target(
      name: "TestSupport",
      dependencies: [
        "FlowJobs", "Quantities", "Configuration", "Devices", "Workloads", "Topologies", "Programs", "Collectives",
        "Attention",
      ],
      path: "Tests/TestSupport", swiftSettings: strict),
    .executableTarget(
      name: "mpi-faults", dependencies: ["MPIRanks", "CPUNumerics", "Programs", "Quantities"],
      path: "Tests/mpi-faults", swiftSettings: strict),
    tests("QuantitiesTests", ["TestSupport", "Quantities"]),
    tests("ConfigurationTests", ["Configuration", "Quantities"]),
    tests("DevicesTests", ["TestSupport", "Devices", "Workloads", "Configuration", "Quantities"]),
    tests("TopologiesTests", ["Topologies", "Devices", "Configuration", "Quantities"]),
    tests(
      "MachinesTests", ["TestSupport", "Machines", "Topologies", "Devices", "Configuration", "Quantities"],
      excluding: ["Fixtures"]),
    tests(
      "KernelModelsTests",
      ["TestSupport", "KernelModels", "Fitting", "Configuration", "Devices", "Quantities", numerics],
      excluding: ["Fixtures"]),
    tests("FittingTests", ["TestSupport", "Fitting", "Quantities", numerics]),
    tests(
      "CollectiveModelsTests",
      [
        "TestSupport", "CollectiveModels", "Collectives", "Simulation", "Programs", "Topologies", "Devices", "Fitting",
        "Configuration", "Quantities", numerics,
      ]),
    tests(
      "MeasurementsTests", ["TestSupport", "Measurements", "Configuration", "Quantities"], excluding: ["Fixtures"]),
    tests("ProgramsTests", ["TestSupport", "Programs", "Quantities"]),
    tests(
      "SimulationTests",
      ["TestSupport", "FlowJobs", "Simulation", "Programs", "Topologies", "Devices", "Quantities", numerics]),
    tests(
      "CollectivesTests",
      ["TestSupport", "Collectives", "Simulation", "Programs", "Topologies", "Devices", "Quantities"]),
    tests(
      "AttentionTests",
      [
        "TestSupport", "Attention", "Collectives", "Simulation", "Programs", "Topologies", "Workloads", "Devices",
        "Quantities",
      ]),
    tests("ScenariosTests", ["TestSupport", "Scenarios", "Simulation", "Topologies", "Configuration", "Quantities"]),
    tests(
      "CPUNumericsTests",
      [
        "TestSupport", "CPUNumerics", "CAttention", "Attention", "Collectives", "Simulation", "Programs", "Topologies",
        "Workloads",
        "Devices", "Quantities", numerics,
      ]),
    tests("LibrariesTests", ["Libraries"]),
    tests(
      "CUDABackendTests",
      [
        "TestSupport", "CUDABackend", "CPUNumerics", "Machines", "Topologies", "Workloads", "Devices", "Configuration",
        "Libraries", "Programs", "Attention", "Quantities",
      ]),
    tests("ResultStoreTests", ["TestSupport", "ResultStore", "Measurements", "Quantities", grdb]),
    tests(
      "ExperimentsTests",
      [
        "TestSupport", "Experiments", "Scenarios", "Attention", "Collectives", "Simulation", "Programs", "Topologies",
        "Devices", "Workloads", "ResultStore", "Configuration", "Quantities", "CollectiveModels",
      ]),
    tests(
      "ReportingTests",
      [
        "TestSupport", "Reporting", "Experiments", "Scenarios", "ResultStore", "Attention", "Collectives", "Simulation",
        "CPUNumerics", "Programs", "Topologies", "Workloads", "Devices", "Quantities",
      ]),
    tests("TreelineTests", ["Quantities", "ResultStore", grdb], excluding: ["Golden"]),
  ]
)
