/// The version of the program, stored with every result.
enum Version {
  static let text = "0.1.0"
}
