import CZlib

/// Compresses bytes as gzip, by the system's zlib. The header holds no name and no time: same bytes in, same bytes out.
///
/// This is a class because zlib's state holds the address of its stream.
final class TraceCompressor {
  private let stream: UnsafeMutablePointer<z_stream>
  private var room = [UInt8](repeating: 0, count: 1 << 16)

  /// Starts a gzip stream; nil when zlib has no memory for it.
  init?() {
    stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let gzip: Int32 = 16
    let status = deflateInit2_(
      stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + gzip, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size))
    // A class frees its memory itself even where its initialiser fails.
    guard status == Z_OK else { return nil }
  }

  deinit {
    deflateEnd(stream)
    stream.deallocate()
  }

  /// Compresses bytes and hands on what is ready.
  ///
  /// - Parameters:
  ///   - input: The bytes.
  ///   - isLast: Whether the stream ends after them.
  ///   - emit: Takes a piece of the compressed stream.
  func compress(
    _ input: [UInt8], isLast: Bool, emit: (ArraySlice<UInt8>) throws(TraceError) -> Void
  ) throws(TraceError) {
    try input.withUnsafeBufferPointer { (bytes: UnsafeBufferPointer<UInt8>) throws(TraceError) in
      stream.pointee.next_in = bytes.baseAddress
      stream.pointee.avail_in = UInt32(bytes.count)
      var isFull = true
      while isFull {
        let made = room.withUnsafeMutableBufferPointer { buffer in
          stream.pointee.next_out = buffer.baseAddress
          stream.pointee.avail_out = UInt32(buffer.count)
          // Neither mode can fail on a stream that was set up: the only statuses are "more" and "done".
          _ = deflate(stream, isLast ? Z_FINISH : Z_NO_FLUSH)
          return buffer.count - Int(stream.pointee.avail_out)
        }
        isFull = made == room.count
        if made > 0 { try emit(room[..<made]) }
      }
    }
  }
}
