import CUDABackend
import Testing

@Suite struct KernelResourcesTests {
  /// As NVRTC 12.9 printed it, but for the numbers of spills.
  static let log = """
    ptxas info    : 0 bytes gmem
    ptxas info    : Compiling entry function 'first' for 'sm_80'
    ptxas info    : Function properties for first
        8 bytes stack frame, 12 bytes spill stores, 20 bytes spill loads
    ptxas info    : Used 168 registers, used 1 barriers, 64 bytes smem, 412 bytes cmem[0]
    ptxas info    : Compiling entry function 'second' for 'sm_80'
    ptxas info    : Function properties for second
        0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
    ptxas info    : Used 4 registers, used 0 barriers, 352 bytes cmem[0]
    """

  @Test("A log of the assembler is read kernel by kernel")
  func readsLogs() throws {
    let found = try #require(KernelResources.read(log: Self.log))
    #expect(found.map(\.kernel) == ["first", "second"])
    #expect(found.map(\.registers) == [168, 4])
    #expect(found.map(\.spills) == [32, 0])
    #expect(found.map(\.stack) == [8, 0])
    #expect(found.map(\.staticShared) == [64, 0])
  }

  @Test("A log that is not understood gives nothing, and none gives no kernels")
  func refusesOtherLogs() {
    #expect(KernelResources.read(log: Self.log.replacing("registers", with: "registres")) == nil)
    #expect(KernelResources.read(log: "") == [])
  }

  @Test(
    "Occupancy is limited by registers, shared memory, warps and blocks",
    arguments: [
      // Worked out by hand: 64 Ki registers in units of 256 a warp, and 1 KiB more of shared memory a block.
      ("sm_90a", 128, 65536, 128, 3),  // 233472 / 66560
      ("sm_90a", 255, 0, 256, 1),  // 255·32 → 8192 a warp: 8 warps
      ("sm_90a", 32, 0, 32, 32),  // blocks
      ("sm_86", 32, 0, 256, 6),  // warps: 48 / 8
      ("sm_86", 32, 100 << 10, 64, 0),  // more than a block can have
      ("sm_80", 33, 0, 1024, 1),  // 33·32 → 1280 a warp: 51 warps
    ])
  func residentBlocks(architecture: String, registers: Int, shared: Int, threads: Int, expected: Int) throws {
    let limits = try #require(MultiprocessorLimits.of(architecture))
    #expect(limits.residentBlocks(registers: registers, shared: shared, threads: threads) == expected)
  }

  @Test("A device's architecture is its own, or a lower one of its generation")
  func architectures() {
    let expected = [
      (8, 0, "sm_80"), (8, 6, "sm_86"), (8, 7, "sm_86"), (8, 9, "sm_89"), (9, 0, "sm_90a"), (10, 0, "sm_100"),
      (10, 3, "sm_100"),
    ]
    for (major, minor, name) in expected {
      #expect(MultiprocessorLimits.architecture(major: major, minor: minor) == name)
    }
    for (major, minor) in [(7, 5), (12, 0)] {
      #expect(MultiprocessorLimits.architecture(major: major, minor: minor) == nil)
    }
  }
}
