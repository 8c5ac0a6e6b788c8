import Configuration
import Quantities

/// How devices copy and receive: `{copy-engines: 2, communication-share: 15%, receive-buffer: 4MiB}`; nil leaves a trait
/// as it is.
public struct DeviceTraits: Hashable, Sendable {
  /// How many messages a device can send at a time.
  var copyEngines: Int?
  /// The share of its speed that a device's kernels lose while it sends or receives.
  var communicationShare: Double?
  /// The bytes that a rank can take in before it reaches their receives.
  var receiveBuffer: Bytes?

  init() {}

  init(_ field: Field) throws(ConfigurationError) {
    let mapping = try field.mapping(allowed: ["copy-engines", "communication-share", "receive-buffer"])
    copyEngines = try mapping.optional("copy-engines")?.integer(in: 1...1_000_000)
    if let share = mapping.optional("communication-share") { communicationShare = try Shares.read(share, in: 0...1) }
    receiveBuffer = try mapping.optional("receive-buffer")?.quantity(in: Bytes.zero...Bytes(1_000_000_000_000_000))
  }

  /// These traits with those of others that are given.
  func overridden(by others: DeviceTraits) -> DeviceTraits {
    var traits = self
    traits.copyEngines = others.copyEngines ?? copyEngines
    traits.communicationShare = others.communicationShare ?? communicationShare
    traits.receiveBuffer = others.receiveBuffer ?? receiveBuffer
    return traits
  }

  /// Each trait as YAML.
  var texts: [String] {
    [
      copyEngines.map { "copy-engines: \($0)" },
      communicationShare.map { "communication-share: \(YAMLText.share($0))" },
      receiveBuffer.map { "receive-buffer: \(YAMLText.size($0))" },
    ].compactMap { $0 }
  }
}
