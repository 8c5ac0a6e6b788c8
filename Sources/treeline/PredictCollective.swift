import ArgumentParser
import CollectiveModels
import Experiments
import Quantities
import Reporting

/// `treeline predict collective`: the time of an NCCL or RCCL collective by a calibrated model.
struct PredictCollective: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "collective",
    abstract: "Predict the time of an NCCL or RCCL collective, with what NCCL chooses and how far to trust it.",
    usage: "treeline predict collective --topology <topology> | --gpu <gpu> [<options>]",
    discussion: """
      NCCL's own tuner chooses algorithm and protocol; the time is its formula with fitted corrections (tier 1), times what \
      measurements of the same machine say beyond it (tier 2). What was not measured is marked as extrapolated, and why. \
      Sizes are nccl-tests': the whole buffer of a rank.

      EXAMPLES
        treeline predict collective --topology dgx-h100-2 --bytes 1MiB,1GiB
        treeline predict collective --topology mi300x-8 --gpus 4 \\
          --collective all_gather
        treeline predict collective --gpu A100 --interconnect NVLink3 --gpus 4 \\
          --algorithm ring --protocol simple --bytes 64KiB,64MiB
        treeline predict collective --gpu H100 --gpus 32 --nodes 4 \\
          --interconnect 'InfiniBand 8x400Gb NDR' --bytes 16MiB --json
      """)

  @Option(help: "A calibrated profile by name or path; nccl ships with Treeline.")
  var profile: String = "nccl"

  @Option(help: "A topology by name or path, whose first ranks take part.")
  var topology: String?

  @Option(
    name: .customLong("set"), parsing: .singleValue,
    help: ArgumentHelp("Override a field of the topology: links.ndr.bandwidth=800Gb/s.", valueName: "path=value"))
  var overrides: [String] = []

  @Option(help: "Instead of a topology, a GPU such as H100, MI300X or 'RTX 4090'.")
  var gpu: String?

  @Option(help: "How such GPUs are joined: 'NVLink4', 'PCIe4 x16, no P2P'; with --nodes the network.")
  var interconnect: String = ""

  @Option(help: "The ranks (default: all devices of the topology; 8).")
  var gpus: Int?

  @Option(help: "The nodes that --gpu's ranks are in.")
  var nodes: Int = 1

  @Option(help: "all_reduce, all_gather, reduce_scatter, alltoall, broadcast or sendrecv.")
  var collective: String = "all_reduce"

  @Option(help: "A list of sizes: 512, 128KiB, 1GiB.")
  var bytes: String = "1KiB,16KiB,128KiB,1MiB,16MiB,128MiB,1GiB"

  @Option(help: "Force an algorithm: ring, tree, nvls, nvlstree or pat.")
  var algorithm: String?

  @Option(name: .customLong("protocol"), help: "Force a protocol: ll, ll128 or simple.")
  var form: String?

  @Flag(help: "Elements are one byte of an integer, which NCCL adds up more slowly.")
  var int8: Bool = false

  @Flag(help: "Print JSON.")
  var json: Bool = false

  func run() throws {
    try CommandFailure.handling {
      let machine = try machine()
      let kind = try Self.named(collective, CollectiveKind.self, option: "--collective")
      let algorithm = try algorithm.map { try Self.named($0, NCCLAlgorithm.self, option: "--algorithm") }
      let form = try form.map { try Self.named($0, NCCLProtocol.self, option: "--protocol") }
      let sizes = try CommaList.split(bytes, option: "--bytes").map { try Self.size($0) }
      let calibrated = try CollectiveProfile(document: Environment.library.calibrations.load(profile))
      let predictions = try sizes.map { size in
        try calibrated.predict(
          CollectiveCall(collective: kind, bytes: size, isByteIntegers: int8), on: machine, algorithm: algorithm,
          form: form)
      }
      if json {
        try Output.write(JSONText.encode(CollectivePredictionDocument(machine, predictions)))
      } else {
        try Output.write(CollectivePredictionReport(machine, predictions).lines)
      }
    }
  }

  private func machine() throws -> CollectiveMachine {
    switch (topology, gpu) {
    case (let topology?, nil):
      guard interconnect.isEmpty, nodes == 1 else {
        throw UsageError("--interconnect and --nodes go with --gpu; a topology says its own")
      }
      let resolved = try ResolvedTopology(
        topology, from: Environment.library, overrides: try overrides.map { try Override(parsing: $0) })
      return try CollectiveMachine(resolved.topology, gpus: gpus)
    case (nil, let gpu?):
      guard overrides.isEmpty else { throw UsageError("--set goes with --topology") }
      guard nodes == 1 || !interconnect.isEmpty else {
        throw UsageError("--nodes \(nodes) needs --interconnect, such as 'InfiniBand 8x400Gb'")
      }
      return try CollectiveMachine(gpu: gpu, interconnect: interconnect, gpus: gpus ?? 8 * nodes, nodes: nodes)
    case (nil, nil): throw UsageError("found neither --topology nor --gpu, expected one of them")
    default: throw UsageError("--topology and --gpu describe the machine twice; give one")
    }
  }

  /// The case that a text names, whatever its case and underscores.
  private static func named<Value: CaseIterable & RawRepresentable<String>>(
    _ text: String, _: Value.Type, option: String
  ) throws -> Value {
    func plain(_ text: String) -> String { text.lowercased().filter { $0 != "_" && $0 != "-" } }
    guard let value = Value.allCases.first(where: { plain($0.rawValue) == plain(text) }) else {
      let names = Value.allCases.map(\.rawValue)
      throw UsageError(
        "\(option): found '\(text)', expected one of \(names.joined(separator: ", "))"
          + NearestName.suggestion(for: text, among: names))
    }
    return value
  }

  private static func size(_ text: String) throws -> Bytes {
    let size: Bytes
    do {
      size = try Int64(text).map { Bytes($0) } ?? Bytes(parsing: text)
    } catch {
      throw UsageError("--bytes: \(error)")
    }
    guard size.count > 0, size.count <= 1 << 44 else {
      throw UsageError("--bytes: found '\(text)', expected 1 B to 16 TiB")
    }
    return size
  }
}
