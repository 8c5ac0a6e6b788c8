/// Between which memories bytes are copied.
public enum LinkRoute: Hashable, Sendable {
  /// From a device to another.
  case oneWay(from: Int, to: Int)
  /// Between two devices, both ways at once.
  case bothWays(Int, Int)
  /// From pinned memory of the host to a device.
  case toDevice(Int)
  /// From a device to pinned memory of the host.
  case fromDevice(Int)

  /// Such as `GPU0 to GPU1`.
  public var name: String {
    switch self {
    case .oneWay(let from, let to): "GPU\(from) to GPU\(to)"
    case .bothWays(let one, let other): "GPU\(one) and GPU\(other), both ways"
    case .toDevice(let device): "host to GPU\(device)"
    case .fromDevice(let device): "GPU\(device) to host"
    }
  }

  /// Its kind, such as `peer copy`.
  public var kind: String {
    switch self {
    case .oneWay: "peer copy"
    case .bothWays: "peer copies both ways"
    case .toDevice: "copy to device"
    case .fromDevice: "copy from device"
    }
  }

  /// How many copies run at once.
  var copies: Int { if case .bothWays = self { 2 } else { 1 } }
}
