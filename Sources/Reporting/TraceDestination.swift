import Foundation
import ResultStore

/// The file that a trace goes to: under a temporary name beside it until it is whole, compressed when its name ends in
/// `.gz`.
///
/// This is a class because it owns an open file: whatever goes wrong, the file is closed and the half-written one
/// taken away when nothing refers to it any more.
final class TraceDestination {
  /// The name that was asked for.
  let path: String
  /// How many bytes have been written to the file.
  private(set) var fileBytes: Int64 = 0

  /// The file that will be replaced, links followed.
  private let target: String
  /// The name while it is written; nil for a pipe or a device, which is written as it is.
  private var temporary: String?
  private var descriptor: Int32
  private let compressor: TraceCompressor?

  /// Opens the file for writing.
  init(path: String) throws(TraceError) {
    self.path = path
    var resolved = path
    if let real = realpath(path, nil) {
      resolved = String(cString: real)
      free(real)
    }
    target = resolved
    var status = stat()
    let exists = stat(resolved, &status) == 0
    let type = exists ? status.st_mode & S_IFMT : S_IFREG
    guard !DatabaseFile.isDatabase(resolved) else { throw .unwritable(file: path, reason: DatabaseFile.refusal) }
    guard type != S_IFDIR else { throw .unwritable(file: path, reason: "it is a folder") }
    if type == S_IFREG {
      // A file that may not be written is not replaced either, though its folder would allow it.
      guard !exists || access(resolved, W_OK) == 0 else {
        throw .unwritable(file: path, reason: Self.reason())
      }
      let name = "\(resolved).partial-\(getpid())"
      descriptor = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o666)
      temporary = descriptor >= 0 ? name : nil
    } else {
      descriptor = open(resolved, O_WRONLY | O_CLOEXEC)
    }
    if path.lowercased().hasSuffix(".gz") {
      compressor = TraceCompressor()
    } else {
      compressor = nil
    }
    guard descriptor >= 0 else { throw .unwritable(file: path, reason: Self.reason()) }
    guard compressor != nil || !path.lowercased().hasSuffix(".gz") else {
      throw .unwritable(file: path, reason: "no memory to compress it")
    }
  }

  deinit { abandon() }

  /// Writes bytes.
  func write(_ bytes: [UInt8]) throws(TraceError) {
    if let compressor {
      try compressor.compress(bytes, isLast: false, emit: store)
    } else {
      try store(bytes[...])
    }
  }

  /// Ends the file and gives it its name.
  func finish() throws(TraceError) {
    if let compressor { try compressor.compress([], isLast: true, emit: store) }
    let open = descriptor
    descriptor = -1
    guard close(open) == 0 else { throw failure() }
    guard let name = temporary else { return }
    guard rename(name, target) == 0 else { throw failure() }
    temporary = nil
  }

  /// Closes the file and takes it away unless it is finished.
  func abandon() {
    if descriptor >= 0 { close(descriptor) }
    descriptor = -1
    if let temporary { unlink(temporary) }
    temporary = nil
  }

  private func store(_ bytes: ArraySlice<UInt8>) throws(TraceError) {
    var rest = bytes
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { systemWrite(descriptor, $0.baseAddress, $0.count) }
      if written > 0 {
        fileBytes += Int64(written)
        rest = rest.dropFirst(written)
      } else if written == 0 || errno != EINTR {
        throw failure()
      }
    }
  }

  /// The system's last error, with the half-written file taken away.
  private func failure() -> TraceError {
    let reason = Self.reason()
    abandon()
    return .unwritable(file: path, reason: reason)
  }

  private static func reason() -> String {
    String(cString: strerror(errno))
  }
}

/// The system's `write`, which a method of the same name would hide.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  write(descriptor, bytes, count)
}
