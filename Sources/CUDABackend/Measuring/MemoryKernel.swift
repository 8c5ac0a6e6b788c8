import Quantities

/// Plain traffic of a device's memory.
public enum MemoryKernel: String, Hashable, Sendable, CaseIterable {
  /// Reads everything.
  case read
  /// Copies one buffer to another.
  case copy
  /// a = b + s·c in single precision (McCalpin's STREAM).
  case triad

  /// The kernel.
  var name: String { "memory_\(rawValue)" }

  /// Makes the work ready.
  ///
  /// - Parameters:
  ///   - size: The bytes of each buffer, a multiple of 16.
  ///   - seed: Chooses the numbers.
  ///   - session: The device.
  /// - Throws: ``CUDAError``.
  public func prepare(size: Bytes, seed: UInt64, on session: DeviceSession) throws(CUDAError) -> PreparedKernel {
    let bytes = Int(size.count)
    let units = bytes / 16
    // A block takes 256 threads × 4 units at a time.
    let blocks = max(1, min(try session.residentBlocks(name), (units + 1023) / 1024))
    let label = "\(rawValue) \(size)"
    let options = "bytes=\(bytes) blocks=\(blocks) seed=\(seed)"
    func wrong(_ problem: String) -> CUDAError { .wrongResult(kernel: name, problem: "\(label): \(problem)") }
    switch self {
    case .read:
      let words = Self.words(units * 4, seed)
      let expected = words.reduce(0, ^)
      let source = try session.buffer(words, for: label)
      let sums = try session.buffer([UInt32](repeating: ~0, count: blocks), for: label)
      return PreparedKernel(
        label: label, kernel: name, options: options, work: .bytes(Int64(bytes))
      ) { () throws(CUDAError) in
        try session.launch(
          self.name, grid: (blocks, 1, 1), [.address(source.address), .int64(units), .address(sums.address)])
      } check: { () throws(CUDAError) -> Double in
        let found = try sums.read(blocks, as: UInt32(0)).reduce(0, ^)
        guard found == expected else {
          throw wrong("the exclusive or of all words is \(found), expected \(expected)")
        }
        return 0
      }
    case .copy:
      let words = Self.words(units * 4, seed)
      let source = try session.buffer(words, for: label)
      let target = try session.allocate(bytes, for: label)
      return PreparedKernel(
        label: label, kernel: name, options: options, work: .bytes(Int64(2 * bytes))
      ) { () throws(CUDAError) in
        try session.launch(
          self.name, grid: (blocks, 1, 1), [.address(source.address), .address(target.address), .int64(units)])
      } check: { () throws(CUDAError) -> Double in
        let found = try target.read(words.count, as: UInt32(0))
        if let place = found.indices.first(where: { found[$0] != words[$0] }) {
          throw wrong("word \(place) is \(found[place]), expected \(words[place])")
        }
        return 0
      }
    case .triad:
      let b = Self.numbers(units * 4, seed)
      let c = Self.numbers(units * 4, seed &+ 1)
      let scale: Float = 0.75
      let buffers = (
        try session.allocate(bytes, for: label), try session.buffer(b, for: label), try session.buffer(c, for: label)
      )
      return PreparedKernel(
        label: label, kernel: name, options: options, work: .bytes(Int64(3 * bytes))
      ) { () throws(CUDAError) in
        try session.launch(
          self.name, grid: (blocks, 1, 1),
          [
            .address(buffers.0.address), .address(buffers.1.address), .address(buffers.2.address), .float(scale),
            .int64(units),
          ])
      } check: { () throws(CUDAError) -> Double in
        let found = try buffers.0.read(b.count, as: Float(0))
        var worst = 0.0
        for place in found.indices {
          let exact = Double(b[place]) + Double(scale) * Double(c[place])
          // A product and a sum, each rounded; one rounding where they are fused.
          let bound = 0x1p-24 * (abs(Double(scale) * Double(c[place])) * (1 + 0x1p-24) + abs(exact)) + 0x1p-149
          let share = abs(Double(found[place]) - exact) / bound
          guard share <= 1 else {
            throw wrong("element \(place) is \(found[place]), expected \(exact) within \(bound)")
          }
          worst = max(worst, share)
        }
        return worst
      }
    }
  }

  /// Words without a pattern that a wrong address could hit by chance (Marsaglia's xorshift, 64 bits).
  private static func words(_ count: Int, _ seed: UInt64) -> [UInt32] {
    var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    return [UInt32](unsafeUninitializedCapacity: count) { buffer, initialized in
      for index in 0..<count {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        buffer[index] = UInt32(truncatingIfNeeded: state >> 32)
      }
      initialized = count
    }
  }

  /// Numbers from −1 to 1.
  private static func numbers(_ count: Int, _ seed: UInt64) -> [Float] {
    words(count, seed).map { Float(Int32(bitPattern: $0)) * 0x1p-31 }
  }
}
