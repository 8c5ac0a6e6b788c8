/// What a kernel takes of a multiprocessor, as its assembler counted.
public struct KernelResources: Hashable, Sendable, Codable {
  /// The kernel.
  public let kernel: String
  /// Registers of a thread.
  public let registers: Int
  /// Bytes of a thread that are written to and read from local memory because registers are too few.
  public let spills: Int
  /// Bytes of local memory of a thread.
  public let stack: Int
  /// Bytes of static shared memory of a block.
  public let staticShared: Int

  /// Reads the log of a compilation with `--ptxas-options=-v`, kernel by kernel.
  ///
  ///     ptxas info    : Compiling entry function 'empty' for 'sm_80'
  ///     ptxas info    : Function properties for empty
  ///         0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
  ///     ptxas info    : Used 4 registers, used 0 barriers, 352 bytes cmem[0]
  ///
  /// - Returns: nil where a part of the log is not understood.
  public static func read(log: String) -> [KernelResources]? {
    let parts = log.ranges(of: "Compiling entry function '").map(\.upperBound)
    var found: [KernelResources] = []
    for (index, start) in parts.enumerated() {
      let part = log[start..<(index + 1 < parts.count ? parts[index + 1] : log.endIndex)]
      guard let name = part.split(separator: "'", maxSplits: 1).first,
        let stack = number(before: " bytes stack frame", in: part),
        let stores = number(before: " bytes spill stores", in: part),
        let loads = number(before: " bytes spill loads", in: part),
        let registers = number(before: " registers", in: part)
      else { return nil }
      found.append(
        KernelResources(
          kernel: String(name), registers: registers, spills: stores + loads, stack: stack,
          staticShared: number(before: " bytes smem", in: part) ?? 0))
    }
    return found
  }

  private static func number(before words: String, in text: Substring) -> Int? {
    guard let range = text.firstRange(of: words) else { return nil }
    return Int(String(text[..<range.lowerBound].reversed().prefix(while: \.isNumber).reversed()))
  }
}
