/// PCI addresses, which the libraries write in several ways.
enum DeviceAddress {
  /// `00000000:1B:00.0` and `0000:1b:00.0` as the latter.
  static func normalised(_ text: String) -> String {
    let parts = text.lowercased().split(separator: ":", maxSplits: 1)
    guard parts.count == 2, parts[0].count > 4 else { return text.lowercased() }
    return parts[0].suffix(4) + ":" + parts[1]
  }
}
