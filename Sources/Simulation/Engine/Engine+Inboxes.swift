import Programs

extension Engine {
  /// Goes on where a side of a message has been reached: it starts when both have, or when the receiver can take it in.
  mutating func reach(_ operation: Int) {
    let message = Int(program.subjects[operation])
    underWayCount -= 1
    if program.kinds[operation] == .send {
      inboxes.note(message, Inboxes.State.sendReached)
      if inboxes.has(message, Inboxes.State.receiveReached) {
        startNow(message)
      } else {
        // In line even where there is room: those that wait are served first.
        let receiver = Int(program.messages[message].to)
        inboxes.waiting[receiver].append(Int32(message))
        serve(receiver)
      }
    } else {
      inboxes.note(message, Inboxes.State.receiveReached)
      if inboxes.has(message, Inboxes.State.arrived) {
        finish(operation, at: now)
        release(message)
      } else if inboxes.has(message, Inboxes.State.sendReached), !inboxes.has(message, Inboxes.State.started) {
        let receiver = Int(program.messages[message].to)
        inboxes.waiting[receiver].removeAll { $0 == Int32(message) }
        startNow(message)
        // It may have been the one that the others waited behind.
        serve(receiver)
      }
    }
  }

  /// Starts the messages that the buffer of a rank has room for, first come, first served.
  private mutating func serve(_ receiver: Int) {
    while let first = inboxes.waiting[receiver].first {
      let message = Int(first)
      let bytes = program.messages[message].bytes
      guard bytes <= inboxes.room[receiver] else { return }
      inboxes.waiting[receiver].removeFirst()
      inboxes.room[receiver] -= bytes
      inboxes.note(message, Inboxes.State.buffered)
      startNow(message)
    }
  }

  private mutating func startNow(_ message: Int) {
    let ends = program.messages[message]
    underWayCount += 1
    inboxes.note(message, Inboxes.State.started)
    // A buffered message could have started when its send was reached; the rest is waiting for room.
    messageStarts[message] =
      inboxes.has(message, Inboxes.State.buffered)
      ? starts[Int(ends.send)] : max(starts[Int(ends.send)], starts[Int(ends.receive)])
    post(message)
  }

  /// Ends a message's way: at its receive if that has been reached, otherwise in the buffer.
  mutating func receive(_ message: Int) {
    let ends = program.messages[message]
    guard inboxes.has(message, Inboxes.State.receiveReached) else {
      inboxes.note(message, Inboxes.State.arrived)
      finish(Int(ends.send), at: now)
      return
    }
    deliver(message, at: now)
    release(message)
  }

  /// Frees the room of a message in its receiver's buffer, for those that wait.
  private mutating func release(_ message: Int) {
    guard inboxes.has(message, Inboxes.State.buffered) else { return }
    let ends = program.messages[message]
    inboxes.room[Int(ends.to)] += ends.bytes
    serve(Int(ends.to))
  }
}
