import CUDABackend
import Quantities

/// What compiled kernels take of a multiprocessor, for a terminal and as JSON.
public struct KernelResourceReport: Sendable {
  /// One kernel for one architecture.
  public struct Row: Hashable, Sendable, Encodable {
    /// The kernel.
    public let kernel: String
    /// The file that holds it.
    public let source: String
    /// The architecture.
    public let architecture: String
    /// Threads of a block.
    public let threads: Int
    /// Registers of a thread.
    public let registers: Int
    /// Bytes of shared memory of a block.
    public let sharedBytes: Int
    /// Bytes spilled by a thread.
    public let spilledBytes: Int
    /// Bytes of local memory of a thread.
    public let localBytes: Int
    /// Blocks that a multiprocessor holds, in theory.
    public let blocks: Int
    /// Their warps.
    public let warps: Int
    /// The share of the warps that it can hold.
    public let occupancyPercent: Int
  }

  private struct Document: Encodable {
    let compiler: String
    let library: String
    let splits: Int
    let kernels: [Row]
  }

  private let compiler: String
  private let library: String
  private let rows: [Row]
  private let cached: Int
  private let compiled: Int

  /// Creates a report.
  ///
  /// - Parameters:
  ///   - compiler: What compiled, such as `NVRTC 12.9`.
  ///   - library: Its file.
  ///   - table: The kernels.
  ///   - sources: What was compiled.
  public init(compiler: String, library: String, table: KernelTable, sources: [CompiledSource]) {
    self.compiler = compiler
    self.library = library
    cached = sources.count { $0.isCached }
    compiled = sources.count - cached
    var order: [String] = []
    for source in sources where !order.contains(source.architecture) { order.append(source.architecture) }
    rows = order.flatMap { architecture in
      table.kernels.compactMap { family, kernel in
        guard let limits = MultiprocessorLimits.of(architecture),
          let source = sources.first(where: { $0.source == family.source && $0.architecture == architecture }),
          let resources = source.resources.first(where: { $0.kernel == kernel.name })
        else { return nil }
        let occupancy = KernelOccupancy(kernel, resources, on: limits)
        return Row(
          kernel: kernel.name, source: family.source, architecture: architecture, threads: kernel.threads,
          registers: resources.registers, sharedBytes: occupancy.shared, spilledBytes: resources.spills,
          localBytes: resources.stack, blocks: occupancy.blocks, warps: occupancy.warps,
          occupancyPercent: occupancy.percent)
      }
    }
  }

  /// The report, line by line, at most 100 columns wide.
  public var lines: [String] {
    var table = TextTable(
      columns: ["kernel", "threads", "registers", "shared", "spilled", "local", "blocks", "warps", "occupancy"])
    var last: String?
    for row in rows {
      if row.architecture != last { table.addHeading(row.architecture) }
      last = row.architecture
      table.add(
        [
          row.kernel, "\(row.threads)", "\(row.registers)", "\(row.sharedBytes) B", "\(row.spilledBytes) B",
          "\(row.localBytes) B", "\(row.blocks)", "\(row.warps)", "\(row.occupancyPercent) %",
        ])
    }
    return TextTable.wrap("\(compiler) (\(library))", TextTable.widest) + [""] + table.lines
      + TextTable.wrap(
        """
        Registers, spilled bytes and local memory of a thread, shared memory of a block, and how many blocks a \
        multiprocessor holds of them in theory: a compiler's figures, not measurements. Merge kernels are counted with \
        \(KernelOccupancy.splits) splits. \(compiled) of \(compiled + cached) compilations were new, the rest from the cache.
        """, TextTable.widest)
  }

  /// The report as JSON.
  public func json() throws -> String {
    try JSONText.encode(
      Document(compiler: compiler, library: library, splits: KernelOccupancy.splits, kernels: rows))
  }
}
