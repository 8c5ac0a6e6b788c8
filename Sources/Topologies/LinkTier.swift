/// The place of a link in a cluster, by which bytes are summed in reports.
public enum LinkTier: String, Sendable, Hashable, CaseIterable {
  /// Between devices of one node: NVLink, xGMI, or the PCIe tree of a box without them.
  case scaleUp = "scale-up"
  /// Between a device and a NIC of its node: PCIe.
  case host
  /// Between a NIC (or a device that is its own port) and the first switch, or the peer NIC of a direct network.
  case nic = "NIC"
  /// Between switches.
  case fabric
}
