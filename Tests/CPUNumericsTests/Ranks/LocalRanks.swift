import Foundation
import Quantities
import Synchronization

@testable import CPUNumerics

/// Ranks that are threads of this process, joined as the strictest transport would: a send finishes only once its receive
/// has been posted, and an all-reduce cuts its payload into units and combines each in an order of its own.
final class LocalRanks: Sendable {
  let worldSize: Int
  private let state = Mutex(State())
  private let changed = NSCondition()

  private struct Key: Hashable {
    let from: Int
    let to: Int
    let message: Int
  }

  private struct State {
    /// What has been sent and not received, first in first out; a program's tags come again in the next.
    var sent: [Key: [[UInt8]]] = [:]
    var sends: [Key: Int] = [:]
    var receives: [Key: Int] = [:]
    /// What ranks have brought to each collective, by its number.
    var brought: [Int: [Int: [UInt8]]] = [:]
    var numbers: [Int: [Double]] = [:]
    /// Whether a rank has ended with an error, for which no other should wait.
    var hasFailed = false
  }

  struct NoAnswer: Error {}

  init(worldSize: Int) { self.worldSize = worldSize }

  /// Runs a body as every rank at once.
  func run<Value: Sendable>(_ body: @escaping @Sendable (Transport) throws -> Value) -> [Result<Value, any Error>] {
    let store = Store<Value>()
    let done = DispatchSemaphore(value: 0)
    for rank in 0..<worldSize {
      let thread = Thread {
        let result = Result { try body(Transport(self, rank)) }
        if case .failure = result { self.change { $0.hasFailed = true } }
        store.results.withLock { $0[rank] = result }
        done.signal()
      }
      thread.stackSize = 1 << 22
      thread.start()
    }
    for _ in 0..<worldSize { done.wait() }
    return (0..<worldSize).map { rank in store.results.withLock { $0[rank] } ?? .failure(NoAnswer()) }
  }

  private final class Store<Value: Sendable>: Sendable {
    let results = Mutex<[Int: Result<Value, any Error>]>([:])
  }

  private func change(_ body: (inout State) -> Void) {
    changed.withLock {
      state.withLock { body(&$0) }
      changed.broadcast()
    }
  }

  private func wait<Value>(_ body: (inout State) -> Value?) throws -> Value {
    let deadline = Date(timeIntervalSinceNow: 120)
    changed.lock()
    defer { changed.unlock() }
    while true {
      var (value, hasFailed): (Value?, Bool) = (nil, false)
      state.withLock { state in
        value = body(&state)
        hasFailed = state.hasFailed
      }
      if let value { return value }
      guard !hasFailed, changed.wait(until: deadline) else { throw NoAnswer() }
    }
  }

  /// One rank's side.
  final class Transport: RankTransport {
    let rank: Int
    var worldSize: Int { ranks.worldSize }
    private(set) var traffic = RankTraffic()
    /// Changes what is sent, for tests of what a check finds.
    var tamper: ([UInt8]) -> [UInt8] = { $0 }
    private let ranks: LocalRanks
    private var collectives = 0
    /// Which of the sends of a key a transfer is.
    private var sends: [Int: Int] = [:]

    init(_ ranks: LocalRanks, _ rank: Int) {
      self.ranks = ranks
      self.rank = rank
    }

    private func key(_ transfer: RankTransfer) -> Key {
      transfer.isSend
        ? Key(from: rank, to: transfer.peer, message: transfer.message)
        : Key(from: transfer.peer, to: rank, message: transfer.message)
    }

    func send(_ bytes: [UInt8], _ transfer: RankTransfer) throws {
      let (key, bytes) = (key(transfer), tamper(bytes))
      traffic.sent += Bytes(Int64(bytes.count))
      traffic.messagesSent += 1
      ranks.change { state in
        state.sent[key, default: []].append(bytes)
        state.sends[key, default: 0] += 1
        sends[transfer.message] = state.sends[key]
      }
    }

    func receive(_ transfer: RankTransfer) throws {
      let key = key(transfer)
      traffic.received += Bytes(Int64(transfer.bytes))
      ranks.change { $0.receives[key, default: 0] += 1 }
    }

    func wait(for transfer: RankTransfer) throws -> [UInt8] {
      let key = key(transfer)
      if transfer.isSend {
        let number = sends[transfer.message] ?? 0
        _ = try ranks.wait { ($0.receives[key] ?? 0) >= number ? true : nil }
        return []
      }
      return try ranks.wait { state in
        guard let first = state.sent[key]?.first else { return nil }
        state.sent[key]?.removeFirst()
        return first
      }
    }

    func allReduce(_ bytes: inout [UInt8], _ reduction: PackedReduction, name: String) throws {
      collectives += 1
      let (number, own) = (collectives, bytes)
      traffic.reduced += Bytes(Int64(bytes.count))
      ranks.change { $0.brought[number, default: [:]][rank] = own }
      let all = try ranks.wait { state in
        state.brought[number].flatMap { $0.count == ranks.worldSize ? $0 : nil }
      }
      for start in stride(from: 0, to: bytes.count, by: reduction.bytesPerUnit) {
        let unit = start..<start + reduction.bytesPerUnit
        // Another rank first for each unit, the same on all ranks.
        let order = (0..<worldSize).map { ($0 + start / reduction.bytesPerUnit) % worldSize }
        var total = Array((all[order[0]] ?? [])[unit])
        for other in order.dropFirst() {
          total.withUnsafeMutableBytes { total in
            Array((all[other] ?? [])[unit]).withUnsafeBytes { reduction.combine($0, into: total) }
          }
        }
        bytes.replaceSubrange(unit, with: total)
      }
    }

    func gather(_ numbers: [Double]) throws -> [[Double]] {
      ranks.change { $0.numbers[rank] = numbers }
      guard rank == 0 else { return [] }
      return try ranks.wait { state in
        state.numbers.count == ranks.worldSize ? (0..<ranks.worldSize).compactMap { state.numbers[$0] } : nil
      }
    }
  }
}
