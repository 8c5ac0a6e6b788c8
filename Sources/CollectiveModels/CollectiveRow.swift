import Quantities

/// One measured time of a collective.
public struct CollectiveRow: Hashable, Sendable {
  /// The GPU, as the measurement names it.
  public let gpu: String
  /// The links or the network, as the measurement names them.
  public let interconnect: String
  /// The software with its version, as the measurement names it; often no version.
  public let software: String
  /// The ranks, one a GPU.
  public let gpus: Int
  /// The nodes that they are in, in equal parts.
  public let nodes: Int
  /// What they do.
  public let collective: CollectiveKind
  /// The type of an element, by nccl-tests' names or their usual short forms.
  public let dtype: String
  /// nccl-tests' size column: the whole buffer of a rank; for an all-gather the gathered one, for a reduce-scatter the one
  /// that is reduced, and a rank of an all-to-all sends 1/n of it to each other rank.
  public let bytes: Bytes
  /// The time, above zero.
  public let time: Seconds
  /// Where the measurement is from; empty where the file names none.
  public let source: String
  /// The file that it was read from.
  public let file: String
  /// Its line there.
  public let line: Int

  /// Creates a row; see the properties for the meaning of each value.
  public init(
    gpu: String, interconnect: String, software: String, gpus: Int, nodes: Int, collective: CollectiveKind,
    dtype: String, bytes: Bytes, time: Seconds, source: String = "", file: String, line: Int
  ) {
    self.gpu = gpu
    self.interconnect = interconnect
    self.software = software
    self.gpus = gpus
    self.nodes = nodes
    self.collective = collective
    self.dtype = dtype
    self.bytes = bytes
    self.time = time
    self.source = source
    self.file = file
    self.line = line
  }

  /// The types of elements that are known.
  public static let dtypes = [
    "int8", "uint8", "int32", "uint32", "int64", "uint64", "half", "fp16", "float16", "bfloat16", "bf16", "float",
    "fp32",
    "float32", "double", "fp64", "float64", "f8e4m3", "f8e5m2", "fp8_e4m3", "fp8_e5m2",
  ]

  /// Whether an element is one byte of an integer, of which NCCL adds up fewer bytes in a second.
  public var isByteIntegers: Bool { dtype == "int8" || dtype == "uint8" }
}
