import ArgumentParser
import Configuration
import Experiments
import Foundation
import Machines
import Quantities

/// `treeline topology import`: a machine's own description, as a topology file.
struct TopologyImport: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Write a topology file from what a machine's own tools print: NCCL's XML or nvidia-smi topo -m.",
    usage: "treeline topology import <file> [<options>]",
    discussion: """
      Reads the file that NCCL writes to NCCL_TOPO_DUMP_FILE (and those that clouds ship for NCCL_TOPO_FILE), or the \
      matrix of nvidia-smi topo -m, which it tells apart by itself. What the file does not tell is assumed, and says so \
      beside the figure.

      EXAMPLES
        NCCL_TOPO_DUMP_FILE=dump.xml all_reduce_perf -g 8
        treeline topology import dump.xml --output my-box.yaml
        nvidia-smi topo -m > matrix.txt
        treeline topology import matrix.txt --device h100-sxm --output my-box.yaml
        treeline topology import dump.xml --nodes 4 --output my-cluster.yaml
        treeline topology import cloud.xml --device h100-sxm --nvlinks 18
        treeline simulate --topology my-box.yaml --tokens 1M
      """)

  @Argument(help: "The file to read.", completion: .file())
  var file: String

  @Option(help: "The device profile of the GPUs (default: by their PCI id, where the file tells it).")
  var device: String?

  @Option(help: "The name of the topology (default: the file's name).")
  var name: String?

  @Option(help: "So many of these machines, joined by one switch over their NICs.")
  var nodes: Int = 1

  @Option(help: "NVLinks of each GPU to switches, for files that don't tell, such as 18.")
  var nvlinks: Int?

  @Option(help: "The rate of one NVLink in one direction, such as 25GB/s (default: its generation's).")
  var nvlinkBandwidth: String?

  @Option(help: "The rate of one NIC in one direction, such as 400Gb/s (default: what the file tells).")
  var nicBandwidth: String?

  @Option(
    help: ArgumentHelp("Write the topology file here (default: standard output).", valueName: "file"),
    completion: .file(extensions: ["yaml"]))
  var output: String?

  func run() throws {
    try CommandFailure.handling {
      guard (1...10_000).contains(nodes) else { throw UsageError("--nodes: found \(nodes), expected 1 to 10000") }
      let text = try ConfigurationLibrary.text(ofFile: file)
      let format = MachineFormat(of: text)
      var machine = try format.read(text, file: file)
      if let nvlinks {
        guard (1...PeerLinkGeneration.mostLinks).contains(nvlinks) else {
          throw UsageError("--nvlinks: found \(nvlinks), expected 1 to \(PeerLinkGeneration.mostLinks)")
        }
        guard machine.peerLinks.isEmpty else {
          throw UsageError("--nvlinks: \(file) tells the links between GPUs already")
        }
        machine.peerLinks = machine.gpus.indices.map { Machine.PeerLink(gpu: $0, peer: nil, count: nvlinks) }
        machine.remarks.removeAll { $0 == Machine.noPeerLinks }
        machine.remarks.append("NVLinks were given when this file was written: \(nvlinks) of each GPU to switches.")
      }
      var description = MachineTopology(
        machine, name: try topologyName(), device: try profile(of: machine), origin: format.title)
      description.nodes = nodes
      description.peerBandwidth = try nvlinkBandwidth.map { try rate($0, of: "--nvlink-bandwidth") }
      guard nicBandwidth == nil || nodes > 1 else {
        throw UsageError("--nic-bandwidth: found with one node, whose NICs lead nowhere; expected --nodes of 2 or more")
      }
      description.nicBandwidth = try nicBandwidth.map { try rate($0, of: "--nic-bandwidth") }
      let yaml = try description.text()
      try check(yaml)
      for remark in machine.remarks { CommandFailure.warn("\(file): \(remark)") }
      guard let output else { return try Output.write(yaml.trimmingCharacters(in: .newlines)) }
      let target = OutputFile(option: "--output", path: output)
      guard target.target != OutputFile(option: "", path: file).target else {
        throw UsageError("--output: found '\(output)', which is the file to read; expected another")
      }
      try target.write(yaml)
      try Output.write("Wrote \(output): \(machine.gpus.count * nodes) x \(description.device)")
    }
  }

  private func topologyName() throws -> String {
    if let name {
      guard !name.isEmpty, name.count <= 64,
        name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") })
      else { throw UsageError("--name: found '\(name)', expected at most 64 letters, digits and '-'") }
      return name
    }
    let stem = URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent
    let plain = stem.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
    return "imported-" + String(plain.prefix(48))
  }

  /// The profile that is named, or that of the GPUs' PCI id.
  private func profile(of machine: Machine) throws -> String {
    let library = Environment.library.devices
    if let device {
      _ = try library.locate(device)
      return device
    }
    let ids = Set(machine.gpus.compactMap(\.deviceID))
    guard let id = ids.first, ids.count == 1 else {
      let found = ids.isEmpty ? "names no GPU model" : "names several GPU models"
      throw UsageError(
        "\(file) \(found); --device names a device profile, such as \(library.names().prefix(4).joined(separator: ", "))"
      )
    }
    guard let model = GPUModel.model(ofDevice: id) else {
      throw UsageError(
        "\(file): found GPUs of the PCI device id 0x\(String(id, radix: 16)), which is not known; "
          + "--device names a device profile, such as \(library.names().prefix(4).joined(separator: ", "))")
    }
    guard library.names().contains(model.profile) else {
      throw UsageError(
        "\(file): found GPUs of the model \(model.title), of which there is no device profile; --device names one, such "
          + "as \(library.names().prefix(4).joined(separator: ", "))")
    }
    return model.profile
  }

  private func rate(_ text: String, of option: String) throws -> BytesPerSecond {
    do {
      let rate = try BytesPerSecond(parsing: text)
      guard rate.bytesPerSecond >= 1, rate.bytesPerSecond <= 1e15 else {
        throw UsageError("\(option): found '\(text)', expected 1 B/s to 1 PB/s")
      }
      return rate
    } catch let error as QuantityError {
      throw UsageError("\(option): \(error)")
    }
  }

  /// What is written must be what the other commands read.
  private func check(_ yaml: String) throws {
    _ = try ResolvedTopology(
      document: try Document(yaml: yaml, file: output ?? "the topology of \(file)"), from: Environment.library)
  }
}
