import Quantities

extension CollectiveMachine {
  /// The machine that the texts of a measurement describe: its GPU's name and its interconnect, such as
  /// `NVSwitch NVLink4`, `PCIe3 x16, no P2P (SHM)` or `InfiniBand 8x200Gb HDR CX-6 per node`.
  ///
  /// - Throws: ``CollectiveMachineError`` where they name no GPU or network that is known.
  public init(gpu text: String, interconnect: String, gpus: Int, nodes: Int) throws(CollectiveMachineError) {
    guard let model = GPUModel.named(text) else {
      let name = text.split(separator: " ").filter { !["NVIDIA", "AMD", "Instinct", "GeForce"].contains($0) }
      throw .gpu(
        found: text,
        hint: NearestName.suggestion(for: name.joined(separator: " "), among: GPUModel.known.map(\.name)))
    }
    guard gpus > 1, nodes > 0, gpus % nodes == 0 else { throw .counts(gpus: gpus, nodes: nodes) }
    let words = interconnect.uppercased()
    var assumptions: [String] = []
    let link = Self.link(words, gpu: text.uppercased(), model)
    var network: Network?
    if nodes > 1 {
      network = try Self.network(interconnect, gpusPerNode: gpus / nodes, model, &assumptions)
    }
    try self.init(
      gpu: model, node: link, gpusPerNode: gpus / nodes, nodes: nodes,
      pcie: link == .shm || link == .pcie ? Self.pcie(words) ?? (model.pcie, 16) : nil, network: network,
      assumptions: assumptions)
  }

  private static func link(_ words: String, gpu: String, _ model: GPUModel) -> NodeClass {
    func has(_ texts: String...) -> Bool { texts.contains { words.contains($0) } }
    let isStaged = has("NO P2P", "SHM", "WITHOUT P2P", "NO PEER", "WITHOUT PEER")
    if isStaged { return .shm }
    if has("NVLINK", "NVSWITCH", "XGMI", "INFINITY") { return model.node }
    let isPCIe = has("PCIE") || gpu.contains("PCIE")
    guard isPCIe, model.node != .shm else { return model.node }
    return .pcie
  }

  /// `PCIe3 x16`, `PCIe 4.0 x8`, `PCIe Gen5`: generation and lanes; nil where none is said.
  private static func pcie(_ words: String) -> (generation: Int, lanes: Int)? {
    guard let place = words.ranges(of: "PCIE").first ?? words.ranges(of: "PCI-E").first else { return nil }
    let rest = words[place.upperBound...].drop { !$0.isNumber && $0 != "X" }
    guard let digit = rest.first, let generation = digit.wholeNumberValue else { return nil }
    var lanes = 16
    if let mark = rest.firstIndex(of: "X") {
      lanes = Int(rest[rest.index(after: mark)...].prefix { $0.isNumber }) ?? 16
    }
    return (generation, lanes)
  }

  private static func network(
    _ text: String, gpusPerNode: Int, _ model: GPUModel, _ assumptions: inout [String]
  ) throws(CollectiveMachineError) -> Network {
    let words = text.uppercased()
    func has(_ texts: String...) -> Bool { texts.contains { words.contains($0) } }
    let kind: NetworkClass
    if has("EFA") {
      kind = .efa
    } else if has("ROCE", "GIB", "ETHERNET", "SPECTRUM-X") {
      kind = .roce
    } else if has("INFINIBAND", "NDR", "HDR", "EDR", "XDR") || words.split(separator: " ").contains("IB") {
      kind = .ib
    } else {
      throw .network(found: text)
    }
    if text.contains("GB/s") {
      throw .figure(field: "interconnect", found: text, expected: "the rate of a NIC in Gb/s, such as 8x400Gb")
    }
    let found = rate(text)
    var nics = found.nics
    if nics == nil {
      // "1 GPU+1 NIC per node": a number right before NIC.
      nics = number(before: "NIC", in: words)
    }
    if nics == nil {
      nics = gpusPerNode
      assumptions.append("a NIC for each GPU")
    }
    var gigabits = found.gigabits
    if gigabits == nil {
      gigabits = has("XDR") ? 800 : has("NDR") ? 400 : has("HDR") ? 200 : has("EDR") ? 100 : nil
    }
    if gigabits == nil {
      gigabits = model.capability >= 90 ? 400 : model.capability >= 80 ? 200 : 100
      assumptions.append("\(gigabits ?? 0) Gb/s a NIC")
    }
    guard let nics, let gigabits, (1...64).contains(nics), (1...3200).contains(gigabits) else {
      throw .figure(
        field: "interconnect", found: text, expected: "1 to 64 NICs of 1 to 3200 Gb/s a node")
    }
    return Network(kind: kind, nics: nics, nicRate: BytesPerSecond(Double(gigabits) * 1e9 / 8))
  }

  /// The rate before `Gb`, as of `8x200Gb` or `400 Gbps`, and the number of NICs before an `x`.
  private static func rate(_ text: String) -> (nics: Int?, gigabits: Int?) {
    for place in text.ranges(of: "Gb") + text.ranges(of: "gb") + text.ranges(of: "Gigabit") {
      var head = text[..<place.lowerBound]
      while head.last == " " { head.removeLast() }
      let digits = String(String(head.reversed().prefix { $0.isNumber }).reversed())
      guard !digits.isEmpty else { continue }
      head.removeLast(digits.count)
      // What is no whole number of Gb/s is refused by its range.
      guard let gigabits = Int(digits), head.last != "." else { return (nil, 0) }
      while head.last == " " { head.removeLast() }
      guard let mark = head.last, mark == "x" || mark == "X" || mark == "×" || mark == "*" else {
        return (nil, gigabits)
      }
      head.removeLast()
      while head.last == " " { head.removeLast() }
      let count = String(String(head.reversed().prefix { $0.isNumber }).reversed())
      return (count.isEmpty ? nil : Int(count) ?? 0, gigabits)
    }
    return (nil, nil)
  }

  private static func number(before word: String, in text: String) -> Int? {
    for place in text.ranges(of: word) {
      var head = text[..<place.lowerBound]
      while head.last == " " { head.removeLast() }
      if let number = Int(String(String(head.reversed().prefix { $0.isNumber }).reversed())) { return number }
    }
    return nil
  }
}
