import Quantities

/// The speed of a PCIe link as tools print it: transfers a second and lanes.
public struct PCIeSpeed: Hashable, Sendable {
  /// Transfers of one lane in gigatransfers a second: 2.5, 5, 8, 16, 32 or 64.
  public var gigatransfers: Double
  /// The number of lanes.
  public var lanes: Int

  /// Creates a speed; see the properties for the meaning of each value.
  public init(gigatransfers: Double, lanes: Int) {
    self.gigatransfers = gigatransfers
    self.lanes = lanes
  }

  /// Reads what Linux and NCCL print: `16 GT/s`, `32.0 GT/s PCIe`, and a number of lanes.
  ///
  /// - Returns: nil for a text that is empty or names no speed, as virtual machines print it.
  public init?(linkSpeed: String, linkWidth: String) {
    let words = linkSpeed.split(separator: " ")
    guard let first = words.first, let transfers = Double(first), transfers > 0, transfers <= 1024,
      words.count >= 2, words[1] == "GT/s", let lanes = Int(linkWidth), (1...32).contains(lanes)
    else { return nil }
    self.init(gigatransfers: transfers, lanes: lanes)
  }

  /// The PCIe generation: 3 for 8 GT/s, doubling with each.
  public var generation: Int {
    switch gigatransfers {
    case ..<4: 1
    case ..<6: 2
    case ..<12: 3
    case ..<24: 4
    case ..<48: 5
    default: 6
    }
  }

  /// The rate in one direction after line coding: 8b/10b in the first two generations, 128b/130b in the next three, and
  /// 242 of 256 bytes of a flit in the sixth (PCI-SIG, PCI Express Base Specification).
  public var bandwidth: BytesPerSecond {
    let coding = generation < 3 ? 0.8 : generation < 6 ? 128.0 / 130 : 242.0 / 256
    return BytesPerSecond(gigatransfers * 1e9 * coding / 8 * Double(lanes))
  }

  /// Such as `pcie5-x16`; a speed that is no generation's own is in the name, as in `pcie5-x16-47GT`.
  public var className: String {
    let name = "pcie\(generation)-x\(lanes)"
    guard ![2.5, 5, 8, 16, 32, 64].contains(gigatransfers) else { return name }
    let text = NumberText.format(gigatransfers, significantDigits: 4)
    return "\(name)-\(text.map { $0.isNumber ? $0 : "-" }.map(String.init).joined())GT"
  }
}
