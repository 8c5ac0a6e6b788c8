import Quantities

/// The formats of files of measurements that can be read.
public enum MeasurementFormat: String, CaseIterable, Sendable {
  /// Times of attention kernels as comma-separated values, in microseconds.
  case attentionKernels = "attention-kernels"
  /// Times of collectives as comma-separated values, in microseconds.
  case collectives
  /// What the programs of nccl-tests and rccl-tests print.
  case ncclTests = "nccl-tests"
  /// Bandwidth of memory against occupancy.
  case memoryStream = "hbm-stream"
  /// Latency and bandwidth of RDMA by size.
  case rdma = "rdma-perftest"
  /// Figures of data sheets.
  case deviceSpecs = "gpu-specs"
  /// The constants of NCCL's own tuner.
  case ncclConstants = "nccl-constants"
  /// Energy and power.
  case energy = "energy-power"
  /// The tables of the Tree Attention paper.
  case paperTables = "paper-tables"
  /// Times of kernels as comma-separated values whose columns the user declares.
  case mappedKernels = "kernel-times"
  /// What `treeline measure` stored in another database.
  case treeline

  /// Where the figures of such a file come from.
  public var provenance: Provenance {
    switch self {
    case .attentionKernels, .collectives, .ncclTests, .memoryStream, .rdma, .mappedKernels, .treeline: .measured
    case .deviceSpecs: .dataSheet
    case .ncclConstants, .energy, .paperTables: .published
    }
  }

  /// The formats that are comma-separated values with columns of their own.
  static var tables: [any TableSchema.Type] {
    [
      AttentionKernelSchema.self, CollectiveSchema.self, MemoryStreamSchema.self, RDMASchema.self,
      DeviceSpecSchema.self, NCCLConstantSchema.self, EnergySchema.self, PaperTableSchema.self,
    ]
  }

  /// The format of a text by its first lines; nil for one that is none of them.
  ///
  /// A header says of which format a table is; a log of nccl-tests shows the line that names its columns.
  public static func detect(_ text: String) -> MeasurementFormat? {
    let first = CSVLine.withoutMark(text.prefix { !$0.isNewline })
    let names = (try? CSVLine.fields(first.utf8)) ?? []
    if let table = tables.first(where: { $0.header(matching: names) != nil }) { return table.format }
    return NCCLTestsLog.isLog(text) ? .ncclTests : nil
  }
}
