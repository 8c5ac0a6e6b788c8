/// Bytes that copies move, without a pattern that a wrong address could hit by chance.
struct CopiedData {
  let bytes: [UInt8]

  init(_ byteCount: Int, seed: UInt64) {
    // Marsaglia's xorshift, 64 bits, eight bytes at a time.
    var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
    bytes = [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, initialized in
      var place = 0
      while place < byteCount {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        var word = state &* 0x2545_F491_4F6C_DD1D
        for index in place..<min(place + 8, byteCount) {
          buffer[index] = UInt8(truncatingIfNeeded: word >> 56)
          word <<= 8
        }
        place += 8
      }
      initialized = byteCount
    }
  }

  func write(to target: UnsafeMutableRawBufferPointer) {
    bytes.withUnsafeBytes { target.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0.prefix(target.count))) }
  }

  /// What is wrong with what arrived; nil where nothing is.
  func problem(_ found: [UInt8]) -> String? {
    guard found != bytes else { return nil }
    let place = zip(found, bytes).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? 0
    return "byte \(place) of \(bytes.count) is \(found[place]), expected \(bytes[place])"
  }
}
