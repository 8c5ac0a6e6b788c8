import Quantities

extension ClusterLayout {
  /// The layout of a checked description.
  init(_ description: ClusterDescription) {
    let classes = description.links.classes
    let pen = ShapePen(linkClasses: classes, endpointClasses: nil)
    var firstRank = 0
    var groups: [Group] = []
    for group in description.groups {
      let (words, row) = Self.attachment(group, pen: pen, hasFabric: description.fabric != nil)
      groups.append(
        Group(
          name: group.name, nodeCount: group.nodeCount, devicesPerNode: group.deviceCount,
          nicsPerNode: group.hasNICs ? group.portCount : 0, firstRank: firstRank,
          scaleUpTitle: group.scaleUp?.title ?? "", attachment: words,
          extraSwitchChips: (group.scaleUp?.planes ?? 1) - 1, profile: group.profile,
          scaleUpRows: group.scaleUp?.drawing(pen) ?? [], attachmentRow: row))
      firstRank += group.nodeCount * group.deviceCount
    }
    self.groups = groups
    fabricTitle = description.fabric?.title ?? ""
    crossesRailsByScaleUp = description.relaysAcrossRails
    var fabricPen = pen
    fabricPen.endpointClasses = Self.portClasses(description.groups)
    fabricRows = description.fabric?.drawing(fabricPen) ?? []
    extraFabricChips = (description.fabric?.planes ?? 1) - 1
  }

  /// How devices reach the fabric, in words and as a row of the drawing.
  private static func attachment(
    _ group: NodeGroup, pen: ShapePen, hasFabric: Bool
  ) -> (words: String, row: DrawingRow?) {
    switch group.attachment {
    case .own:
      return (hasFabric ? "each device is its own port" : "no port", nil)
    case .rail(let linkClass):
      let isOwn = group.portCount == group.deviceCount
      return (
        isOwn ? "each device by its own NIC" : "neighbouring devices share a NIC",
        pen.cables(group.deviceCount, linkClass, "device to NIC")
      )
    case .shared(let linkClass):
      return (
        "every device by every NIC, over a host bridge",
        pen.cables(group.deviceCount + group.portCount, linkClass, "device or NIC to host bridge")
      )
    }
  }

  /// The classes of the ports' links with their counts, where a group names one; nil where none does.
  private static func portClasses(_ groups: [NodeGroup]) -> [(linkClass: Int, count: Int)]? {
    guard groups.contains(where: { $0.portClass != nil }) else { return nil }
    var counts: [(linkClass: Int, count: Int)] = []
    for group in groups {
      let linkClass = group.portClass ?? -1
      let count = group.nodeCount * group.portCount
      if let index = counts.firstIndex(where: { $0.linkClass == linkClass }) {
        counts[index].count += count
      } else {
        counts.append((linkClass, count))
      }
    }
    return counts
  }
}
