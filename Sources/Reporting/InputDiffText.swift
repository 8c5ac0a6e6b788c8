import ResultStore

/// The lines in which two YAML texts differ, each with the keys that it stands below: `- links.ndr: bandwidth: 400 Gb/s`.
struct InputDiffText {
  let diff: LineDiff

  var lines: [String] {
    var above: [(indentation: Int, key: String)] = []
    var lines: [String] = []
    for line in diff.lines {
      let text = line.text.drop { $0 == " " }
      let indentation = line.text.count - text.count
      above.removeAll { $0.indentation >= indentation }
      if line.change != .common {
        let path = above.map(\.key).joined(separator: ".")
        lines.append("\(line.change.rawValue) \(path)\(path.isEmpty ? "" : ": ")\(text)")
      }
      // A key alone on its line opens a mapping.
      if text.last == ":" { above.append((indentation, String(text.dropLast()))) }
    }
    return lines
  }
}
