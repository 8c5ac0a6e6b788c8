import Programs
import Quantities

/// What devices are busy with, where that decides when the next message or kernel goes on.
struct BusyDevices {
  /// How many messages a device can send at a time.
  let engines: Int
  /// The speed that launched kernels keep while messages are under way.
  let speedBesideMessages: Double
  /// Whether messages slow kernels down.
  let slowKernels: Bool
  /// How long each message has waited for a copy engine or for room at its receiver, in seconds.
  let holds: Column<Double>

  /// How many messages each rank is sending.
  let sending: Column<Int32>
  /// How many messages each rank is sending or receiving.
  let messages: Column<Int32>
  /// The messages of each rank that wait for a copy engine, in the order in which they came.
  var held: [[Int32]]

  /// The kernel that each rank runs on its compute stream; -1 for none.
  let kernels: Column<Int32>
  /// What it still needs at full speed, in seconds, at the time in ``kernelTimes``.
  let kernelLeft: Column<Double>
  let kernelTimes: Column<Double>
  /// The event at which it ends; an older one has been overtaken.
  let kernelSequences: Column<UInt32>

  init(program: Program, conditions: Conditions) {
    engines = conditions.copyEngines ?? .max
    speedBesideMessages = 1 - conditions.communicationShare
    slowKernels = conditions.communicationShare > 0
    let ranks = conditions.followEverything ? program.worldSize : 0
    holds = Column(repeating: 0, count: conditions.followEverything ? program.messages.count : 0)
    sending = Column(repeating: 0, count: ranks)
    messages = Column(repeating: 0, count: ranks)
    held = [[Int32]](repeating: [], count: ranks)
    kernels = Column(repeating: -1, count: ranks)
    kernelLeft = Column(repeating: 0, count: ranks)
    kernelTimes = Column(repeating: 0, count: ranks)
    kernelSequences = Column(repeating: .max, count: ranks)
  }
}
