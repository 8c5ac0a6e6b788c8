import Programs
import Quantities

/// The receive buffers of all ranks, where messages may arrive before their receives have been reached.
struct Inboxes {
  /// Whether ranks have receive buffers; without, a message waits for both its sides.
  let areInUse: Bool
  /// The free bytes of each rank's buffer.
  let room: Column<Int64>
  /// The messages that wait for room at each rank or for their receive, in the order in which they came.
  var waiting: [[Int32]]
  let states: Column<UInt8>

  /// What has happened to a message; several may have.
  enum State {
    static let sendReached: UInt8 = 1
    static let receiveReached: UInt8 = 2
    static let started: UInt8 = 4
    /// It has room in the receive buffer.
    static let buffered: UInt8 = 8
    static let arrived: UInt8 = 16
  }

  init(program: Program, conditions: Conditions) {
    areInUse = conditions.receiveBuffer > .zero
    let ranks = areInUse ? program.worldSize : 0
    room = Column(repeating: conditions.receiveBuffer.count, count: ranks)
    waiting = [[Int32]](repeating: [], count: ranks)
    states = Column(repeating: 0, count: areInUse ? program.messages.count : 0)
  }

  /// Whether something has happened to a message.
  @inline(__always)
  func has(_ message: Int, _ state: UInt8) -> Bool { states[message] & state != 0 }

  @inline(__always)
  func note(_ message: Int, _ state: UInt8) { states[message] |= state }
}
