/// What a multiprocessor of an architecture holds: CUDA C++ Programming Guide 12.9, "Technical Specifications per Compute
/// Capability". All have 64 Ki registers, dealt to warps in units of 256, and take 1 KiB of shared memory a block for the
/// system.
public struct MultiprocessorLimits: Hashable, Sendable {
  /// The architecture, such as `sm_90a`.
  public let architecture: String
  /// Shared memory of a multiprocessor, in KiB.
  public let shared: Int
  /// Shared memory that a block can have, in KiB.
  public let sharedOfBlock: Int
  /// Warps of a multiprocessor.
  public let warps: Int
  /// Blocks of a multiprocessor.
  public let blocks: Int

  /// The architectures that are known.
  public static let known = [
    MultiprocessorLimits(architecture: "sm_80", shared: 164, sharedOfBlock: 163, warps: 64, blocks: 32),
    MultiprocessorLimits(architecture: "sm_86", shared: 100, sharedOfBlock: 99, warps: 48, blocks: 16),
    MultiprocessorLimits(architecture: "sm_89", shared: 100, sharedOfBlock: 99, warps: 48, blocks: 24),
    MultiprocessorLimits(architecture: "sm_90a", shared: 228, sharedOfBlock: 227, warps: 64, blocks: 32),
    MultiprocessorLimits(architecture: "sm_100", shared: 228, sharedOfBlock: 227, warps: 64, blocks: 32),
  ]

  /// The limits of an architecture; nil for one that is not known.
  public static func of(_ architecture: String) -> MultiprocessorLimits? {
    known.first { $0.architecture == architecture }
  }

  /// The architecture to compile for on a device of a compute capability, such as 9 and 0.
  ///
  /// Kernels for 9.0 are compiled for `sm_90a`, which is 9.0 with its own instructions. Where the very capability is not
  /// known, code of the same major and a lower minor one runs (CUDA C++ Programming Guide, "Binary Compatibility").
  public static func architecture(major: Int, minor: Int) -> String? {
    known.filter { limits in
      let digits = limits.architecture.dropFirst(3).filter(\.isNumber)
      guard let number = Int(digits) else { return false }
      return number / 10 == major && number % 10 <= minor
        && (!limits.architecture.hasSuffix("a") || number % 10 == minor)
    }.last?.architecture
  }

  private static let registers = 64 << 10

  /// The blocks that a multiprocessor holds at once.
  ///
  /// - Parameters:
  ///   - registers: The registers of a thread.
  ///   - shared: The shared memory of a block in bytes.
  ///   - threads: The threads of a block.
  public func residentBlocks(registers: Int, shared: Int, threads: Int) -> Int {
    guard shared <= sharedOfBlock << 10 else { return 0 }
    let own = (threads + 31) / 32
    let ofWarp = (max(registers, 1) * 32 + 255) / 256 * 256
    return min(blocks, warps / own, (self.shared << 10) / (shared + 1024), Self.registers / ofWarp / own)
  }
}
