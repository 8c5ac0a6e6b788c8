import Quantities

/// What one direct link between GPUs can do, by generation.
public struct PeerLinkGeneration: Hashable, Sendable {
  /// The name in link classes, such as `nvlink4`.
  public var name: String
  /// The rate of one link in one direction.
  public var bandwidth: BytesPerSecond
  /// The share that payload reaches.
  public var efficiency: Double
  /// The links that a GPU has.
  public var linksPerGPU: Int
  /// Where the rate and the share come from.
  public var source: String

  /// The name of the class of so many links.
  func className(links: Int) -> String { links == 1 ? name : "\(name)-x\(links)" }

  /// The most links of a GPU that are believed: twice those of any yet.
  public static let mostLinks = 36

  private static let nccl = "NCCL topo.h @5067397c2676"

  /// The generation of a compute capability; nil where it has no direct links or is not known.
  ///
  /// Rates are data sheets'; shares are what NCCL's topology search counts of them (topo.h, SM60_NVLINK_BW and so on).
  ///
  /// - Parameter architecture: The compute capability, such as 90 for 9.0.
  public static func nvlink(architecture: Int) -> PeerLinkGeneration? {
    func generation(_ number: Int, _ rate: Double, _ counted: Double, _ links: Int) -> PeerLinkGeneration {
      PeerLinkGeneration(
        name: "nvlink\(number)", bandwidth: BytesPerSecond(rate * 1e9), efficiency: counted / rate, linksPerGPU: links,
        source: "NVIDIA data sheets, \(NumberText.format(rate, significantDigits: 4)) GB/s a link; \(nccl) counts "
          + "\(NumberText.format(counted, significantDigits: 4))")
    }
    return switch architecture {
    case 60..<70: generation(1, 20, 18, 4)
    case 70..<75: generation(2, 25, 20, 6)
    case 80: generation(3, 25, 20, 12)
    case 86: generation(3, 14.0625, 12, 4)
    case 90: generation(4, 25, 20.6, 18)
    case 100..<110: generation(5, 50, 40.1, 18)
    default: nil
    }
  }

  /// Infinity Fabric of an Instinct MI300X: seven links, one to each other GPU (AMD data sheet: 128 GB/s a link both
  /// ways; stas00/ml-engineering @744d01e18b79).
  public static let xgmi = PeerLinkGeneration(
    name: "xgmi", bandwidth: BytesPerSecond(64e9), efficiency: 1, linksPerGPU: 7,
    source: "AMD Instinct MI300X data sheet, 64 GB/s a link and direction; the share that payload reaches is assumed")
}
