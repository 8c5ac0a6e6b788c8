import Programs
import Quantities

extension FlowJob {
  /// The job's messages as a program, each in its place: message *i* of the job is message *i* of the program.
  ///
  /// A message's delay is a kernel before it, on ``device``. Nothing waits in a stream.
  public func program() -> Program {
    var builder = ProgramBuilder(worldSize: hosts.count, keepsOperands: false)
    let largest = messages.map(\.bytes).max() ?? 0
    let buffers = hosts.indices.map {
      builder.buffer(rank: $0, label: "payload", elements: largest, type: .fp8, persistent: true)
    }
    var arrivals: [OperationID] = []
    arrivals.reserveCapacity(messages.count)
    for message in messages {
      var after = Dependencies.all(message.after.map { arrivals[$0] })
      if message.delay > 0 {
        let wait = Kernel(action: .launch, flops: FLOPs(message.delay), bytes: .zero, type: .fp32, launched: false)
        after = .one(builder.compute(wait, rank: message.source, stream: .unordered, after: after))
      }
      let count = Int64(message.bytes)
      let transfer = builder.transfer(
        Slice(buffers[message.source], offset: 0, count: count),
        to: Slice(buffers[message.destination], offset: 0, count: count), sendStream: .unordered,
        receiveStream: .unordered, sendAfter: after)
      arrivals.append(transfer.receive)
    }
    return builder.build()
  }
}
