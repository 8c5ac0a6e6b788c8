import Quantities

/// A kind of link: what every link of it can carry, and what a message pays to use it.
///
/// Times follow the alpha-beta model (Hockney 1994) refined by hop: a message pays ``messageOverhead`` once, at its
/// sender, ``latency`` on every link that it crosses, and then its bytes at the rate that its flow gets.
public struct LinkClass: Hashable, Sendable {
  /// The name in the topology file, such as `nvlink4`.
  public var name: String
  /// The nominal rate of one link in one direction.
  public var bandwidth: BytesPerSecond
  /// The time from the first bit in to the first bit out, per link crossed.
  public var latency: Seconds
  /// The software's time to post one message, during which its sender posts no other; a route pays the largest of its
  /// classes once.
  public var messageOverhead: Seconds
  /// The share of ``bandwidth`` that payload can reach (protocol headers, encoding), above 0 and at most 1.
  public var efficiency: Double
  /// Where the figures come from.
  public var provenance: Provenance
  /// The document that the figures come from, for reports; empty when the file names none.
  public var source: String

  /// Creates a link class; see the properties for the meaning and units of each value.
  public init(
    name: String, bandwidth: BytesPerSecond, latency: Seconds, messageOverhead: Seconds = .zero,
    efficiency: Double = 1, provenance: Provenance = .assumed, source: String = ""
  ) {
    self.name = name
    self.bandwidth = bandwidth
    self.latency = latency
    self.messageOverhead = messageOverhead
    self.efficiency = efficiency
    self.provenance = provenance
    self.source = source
  }

  /// The rate that payload can reach: ``bandwidth`` times ``efficiency``.
  public var payloadBandwidth: BytesPerSecond { bandwidth * efficiency }
}
