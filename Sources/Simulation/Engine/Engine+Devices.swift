import Programs

extension Engine {
  // MARK: Copy engines

  /// Takes a copy engine of the sender for a message; false when all are busy and the message has to wait for one.
  mutating func occupyDevices(_ message: Int) -> Bool {
    let ends = program.messages[message]
    let sender = Int(ends.from)
    guard Int(devices.sending[sender]) < devices.engines else {
      devices.held[sender].append(Int32(message))
      return false
    }
    devices.sending[sender] += 1
    devices.holds[message] = now - messageStarts[message]
    if ends.from != ends.to { busy(sender, by: 1) }
    busy(Int(ends.to), by: 1)
    return true
  }

  /// Gives the copy engine of a message back, to the next message that waits for it.
  mutating func leaveDevices(_ message: Int) {
    let ends = program.messages[message]
    let sender = Int(ends.from)
    devices.sending[sender] -= 1
    if ends.from != ends.to { busy(sender, by: -1) }
    busy(Int(ends.to), by: -1)
    guard !devices.held[sender].isEmpty else { return }
    let next = Int(devices.held[sender].removeFirst())
    if occupyDevices(next) { postNow(next) }
  }

  // MARK: Kernels beside messages

  /// Whether an operation is a kernel that messages slow down: work fused into communication runs beside them.
  func isSlowedByMessages(_ operation: Int) -> Bool {
    program.kernels[Int(program.subjects[operation])].launched && program.streams[operation] == .compute
  }

  /// Counts messages in or out at a rank, and changes the speed of its kernel when that matters.
  private mutating func busy(_ rank: Int, by change: Int32) {
    let before = devices.messages[rank]
    devices.messages[rank] = before + change
    guard devices.slowKernels, (before == 0) != (before + change == 0), devices.kernels[rank] >= 0 else { return }
    let speed = before == 0 ? 1 : devices.speedBesideMessages
    devices.kernelLeft[rank] = max(0, devices.kernelLeft[rank] - (now - devices.kernelTimes[rank]) * speed)
    devices.kernelTimes[rank] = now
    scheduleKernelEnd(ofRank: rank)
  }

  mutating func startKernel(_ operation: Int) {
    let rank = Int(program.ranks[operation])
    devices.kernels[rank] = Int32(operation)
    devices.kernelLeft[rank] = kernelTimes.seconds(
      kernel: Int(program.subjects[operation]), rank: rank, operation: operation)
    devices.kernelTimes[rank] = now
    scheduleKernelEnd(ofRank: rank)
  }

  mutating func endKernel(ofRank rank: Int, sequence: UInt32) {
    guard devices.kernelSequences[rank] == sequence else { return }
    let operation = Int(devices.kernels[rank])
    devices.kernels[rank] = -1
    underWayCount -= 1
    devices.kernelSequences[rank] = .max
    finish(operation, at: now)
  }

  /// Schedules the end of a rank's kernel at its present speed; a kernel that stands still has none.
  private mutating func scheduleKernelEnd(ofRank rank: Int) {
    let speed = devices.messages[rank] == 0 ? 1 : devices.speedBesideMessages
    let left = devices.kernelLeft[rank]
    let end = left == 0 ? now : now + left / speed
    let sequence = end < .infinity ? schedule(EventKind.kernelEnd, rank, at: end) : .max
    devices.kernelSequences[rank] = sequence
  }
}
