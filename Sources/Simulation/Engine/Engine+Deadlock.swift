import Programs

extension Engine {
  /// Describes what waits for what when nothing can happen any more.
  func deadlock() -> SimulationError {
    var waiting: [String] = []
    var finished = 0
    for index in 0..<program.count where !finishes[index].isNaN { finished += 1 }
    for message in program.messages where waiting.count < 8 {
      let sendReached = message.send >= 0 && pending[Int(message.send)] == 0
      let receiveReached = message.receive >= 0 && pending[Int(message.receive)] == 0
      guard sendReached != receiveReached else { continue }
      let (reached, missing) = sendReached ? (message.send, message.receive) : (message.receive, message.send)
      let peer = sendReached ? message.to : message.from
      var text = "rank \(program.ranks[Int(reached)]) waits at \(program.line(ofOperation: Int(reached)))"
      if missing < 0 {
        text += " for rank \(peer), which has no such \(sendReached ? "receive" : "send")"
      } else {
        let blockers = program.dependencies(of: OperationID(missing)).filter { finishes[Int($0)].isNaN }
        text += " for rank \(peer), whose #\(missing) waits for "
        text += blockers.map { program.line(ofOperation: Int($0)) }.joined(separator: " and ")
      }
      waiting.append(text)
    }
    return .deadlock(finished: finished, total: program.count, waiting: waiting)
  }
}
