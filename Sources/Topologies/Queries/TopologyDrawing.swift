import Quantities

/// A drawing of a topology in text, at most 100 columns wide: fabric levels, then each kind of node.
public struct TopologyDrawing: Hashable, Sendable, CustomStringConvertible {
  /// The most columns of a line.
  public static let columns = 100

  /// The lines.
  public let lines: [String]

  /// Draws a topology. One made by hand, without a layout, is drawn as its counts.
  public init(_ topology: Topology) {
    var canvas = TextCanvas(columns: Self.columns)
    canvas.text(topology.name + (topology.summary.isEmpty ? "" : ": " + topology.summary))
    if let layout = topology.layout {
      Self.draw(layout, of: topology, on: &canvas)
    } else {
      canvas.text("")
      for line in TopologyCounts(topology).description.split(separator: "\n") { canvas.text(String(line)) }
    }
    lines = canvas.lines
  }

  private static func draw(_ layout: ClusterLayout, of topology: Topology, on canvas: inout TextCanvas) {
    let nodes = layout.groups.reduce(0) { $0 + $1.nodeCount }
    canvas.text("\(topology.deviceCount) ranks on \(nodes) node\(nodes == 1 ? "" : "s")")
    if !layout.fabricTitle.isEmpty {
      canvas.text("")
      canvas.text("fabric: " + layout.fabricTitle)
      canvas.draw(layout.fabricRows, indent: 2)
    }
    for group in layout.groups {
      let devices = group.nodeCount * group.devicesPerNode
      canvas.text("")
      canvas.text(
        "\(group.nodeCount) x node '\(group.name)', ranks \(group.firstRank) to \(group.firstRank + devices - 1)")
      var rows: [DrawingRow] = []
      if group.nicsPerNode > 0 {
        rows.append(.box("\(group.nicsPerNode) NIC\(group.nicsPerNode == 1 ? "" : "s")"))
        if let row = group.attachmentRow { rows.append(row) }
      }
      let profile = topology.profiles[group.profile]
      rows.append(
        .box(
          "\(group.devicesPerNode) x \(profile.name), \(profile.memory) at \(profile.memoryBandwidth); "
            + group.attachment))
      rows.append(contentsOf: group.scaleUpRows.reversed())
      canvas.draw(rows, indent: 2)
      if group.devicesPerNode > 1 {
        canvas.text("scale-up: " + (group.scaleUpTitle.isEmpty ? "none, by the fabric" : group.scaleUpTitle))
      }
    }
    if layout.crossesRailsByScaleUp {
      canvas.text("")
      canvas.text("messages for another rail go over the scale-up links first")
    }
  }

  /// The drawing.
  public var description: String { lines.joined(separator: "\n") }
}
