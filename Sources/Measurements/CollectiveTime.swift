import Quantities

/// The time that a collective took.
public struct CollectiveTime: Hashable, Sendable {
  /// The line of its file.
  public var line: Int
  /// Where the figure comes from, where a row says more than its file; otherwise empty.
  public var origin: String
  /// The GPU.
  public var gpu: String
  /// What joins the GPUs; empty where nothing says so.
  public var interconnect: String
  /// The ranks.
  public var gpus: Int
  /// The machines.
  public var nodes: Int
  /// The network cards of a machine; nil where nothing says so.
  public var nics: Int?
  /// The software with its version.
  public var software: String
  /// The collective, such as `all_reduce`.
  public var collective: String
  /// The type of the elements.
  public var dtype: String
  /// The bytes, as nccl-tests counts them: the whole buffer of a rank.
  public var bytes: Bytes
  /// Whether the result lies where the input lay; nil where nothing says so.
  public var inPlace: Bool?
  /// The time.
  public var time: Seconds
  /// Why it should not be relied on; empty where nothing is known against it.
  public var unverified: String

  /// Creates a time; see the properties for the meaning of each value.
  public init(
    line: Int, origin: String = "", gpu: String, interconnect: String = "", gpus: Int, nodes: Int, nics: Int? = nil,
    software: String, collective: String, dtype: String, bytes: Bytes, inPlace: Bool? = nil, time: Seconds,
    unverified: String = ""
  ) {
    self.line = line
    self.origin = origin
    self.gpu = gpu
    self.interconnect = interconnect
    self.gpus = gpus
    self.nodes = nodes
    self.nics = nics
    self.software = software
    self.collective = collective
    self.dtype = dtype
    self.bytes = bytes
    self.inPlace = inPlace
    self.time = time
    self.unverified = unverified
  }

  /// The times that a collective may take.
  static let microseconds = 0.5...1e9
  /// Above what any link of a GPU carries.
  static let mostBytesPerSecond = 20e12

  /// Checks that the time can be one of the unit.
  func check() throws(RowProblem) {
    let rate = Double(bytes.count) / time.seconds
    guard rate <= Self.mostBytesPerSecond else {
      throw RowProblem("time: found \(time), in which \(bytes) would move at \(BytesPerSecond(rate)); units mixed up?")
    }
  }
}
