/// What one table, figure or claim of a paper takes to be reproduced: the published figures with their source, the machine,
/// the model and what is assumed of the published code.
///
///     name: mi300x-4
///     title: Llama-3.1-8B on 4 MI300X, ring minus tree
///     measures: decode-times
///     source: arXiv 2408.04093v4, Table 1
///     topology: mi300x-4
///     …
///
///     let experiment = try PaperExperiment("mi300x-4", from: library)
///     let outcome = try experiment.run(on: Parallel(jobs: 2))
public struct PaperExperiment: Sendable {
  /// What is reproduced.
  public enum Subject: Sendable {
    /// Times of decoding with a whole model, of which ring minus tree is simulated.
    case decodeTimes(DecodeTimes)
    /// How many times as fast as the ring a tree is, by ranks and tokens.
    case speedUp(SpeedUpFigure)
    /// How much more memory the ring takes at its peak.
    case peakMemory(PeakMemoryGap)
    /// What is sent.
    case volume(VolumeCount)
    /// The time of a rank's attention to its own tokens.
    case localAttention(LocalAttentionTime)
  }

  /// The name, such as `mi300x-4`.
  public let name: String
  /// One line on what it is.
  public let title: String
  /// Where the figures were published.
  public let source: String
  /// What is reproduced.
  public let subject: Subject
  /// The canonical text.
  public let text: String
  /// The hash of the text.
  public let hash: String

  /// What an experiment may measure, as its file says.
  enum Kind: String, CaseIterable {
    case decodeTimes = "decode-times"
    case speedUp = "speed-up"
    case peakMemory = "peak-memory"
    case volume
    case localAttention = "local-attention"
  }

  init(name: String, title: String, source: String, subject: Subject, text: String, hash: String) {
    self.name = name
    self.title = title
    self.source = source
    self.subject = subject
    self.text = text
    self.hash = hash
  }
}
