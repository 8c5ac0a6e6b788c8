import Programs
import Simulation

extension TraceRun {
  /// Writes the process of the step: its totals and its critical path.
  func writeStep(to events: inout TraceEvents) throws(TraceError) {
    try events.nameProcess(stepProcess, "\(name): step")
    let step = TraceTrack(process: stepProcess, thread: 1)
    try events.nameTrack(step, "step")
    try events.begin(name, category: "step", on: step, at: 0) { text in
      text.add("\"topology\":")
      text.add(quoted: run.topology.name)
      text.add(",\"ranks\":")
      text.add(run.program.worldSize)
      text.add(",\"traced_ranks\":")
      text.add(quoted: ranks.description)
      text.add(",\"makespan_us\":")
      text.add(microsecondsOf: run.makespan.seconds)
      text.add(",\"sent_bytes\":")
      text.add(run.totalBytes.count)
      text.add(",\"messages\":")
      text.add(run.program.messages.count)
      text.add(",\"operations\":")
      text.add(run.program.count)
    }
    try events.endSlice(on: step, at: run.makespan.seconds)
    try writeCriticalPath(to: &events)
  }

  private func writeCriticalPath(to events: inout TraceEvents) throws(TraceError) {
    let track = TraceTrack(process: stepProcess, thread: 2)
    try events.nameTrack(track, "critical path")
    for part in run.criticalPath().steps {
      let operation = Int(part.operation.index)
      let subject = Int(run.program.subjects[operation])
      let title: String
      switch run.program.kinds[operation] {
      case _ where part.isStartDelay:
        title = "rank \(run.program.ranks[operation]) starts late"
      case .compute:
        title = "rank \(run.program.ranks[operation]): \(run.program.kernels[subject].action.name)"
      case .send, .receive:
        title = "rank \(run.program.messages[subject].from) → rank \(run.program.messages[subject].to)"
      case .allocate, .free:
        continue
      }
      try events.begin(title, category: "critical", on: track, at: part.start.seconds) { text in
        addCommonArguments(ofOperation: operation, to: &text)
      }
      try events.endSlice(on: track, at: part.end.seconds)
    }
  }

  /// Adds the members of `args` that every operation has: its number in the program's listing, and its region.
  func addCommonArguments(ofOperation operation: Int, to text: inout TraceText) {
    text.add("\"operation\":")
    text.add(operation)
    let region = run.program.regionIndices[operation]
    guard region >= 0 else { return }
    text.add(",\"region\":")
    text.add(quoted: regionPaths[Int(region)])
  }
}
