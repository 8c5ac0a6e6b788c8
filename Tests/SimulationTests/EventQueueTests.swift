import TestSupport
import Testing

@testable import Simulation

@Suite struct EventQueueTests {
  @Test func equalTimesComeOutInTheOrderOfInsertion() {
    var queue = EventQueue()
    for payload in 0..<100 { queue.push(time: payload % 2 == 0 ? 1 : 2, payload: UInt32(payload)) }
    var order: [UInt32] = []
    while let event = queue.pop() { order.append(event.payload) }
    let even = (0..<UInt32(50)).map { 2 * $0 }
    let odd = even.map { $0 + 1 }
    #expect(order == even + odd)
  }

  @Test func lastEventsComeAfterAllOthersOfTheirTimeInTheirOwnOrder() {
    var queue = EventQueue()
    queue.pushLast(time: 1, payload: 13, order: 9)
    queue.push(time: 2, payload: 20)
    queue.pushLast(time: 1, payload: 12, order: 4)
    queue.push(time: 1, payload: 10)
    #expect(queue.pop()?.payload == 10)
    queue.push(time: 1, payload: 11)
    var order: [UInt32] = []
    while let event = queue.pop() { order.append(event.payload) }
    #expect(order == [11, 12, 13, 20])
  }

  @Test(arguments: 1...8) func agreesWithSortingUnderRandomUse(seed: Int) {
    var generator = SeededGenerator(seed: UInt64(seed))
    var queue = EventQueue()
    var reference: [(time: Double, payload: UInt32)] = []
    for step in 0..<20_000 {
      if reference.isEmpty || Int.random(in: 0..<5, using: &generator) < 3 {
        // Few distinct times, so that ties abound.
        let time = Double(Int.random(in: 0..<200, using: &generator))
        queue.push(time: time, payload: UInt32(step))
        let place = reference.firstIndex { $0.time > time } ?? reference.count
        reference.insert((time, UInt32(step)), at: place)
      } else {
        #expect(queue.nextTime == reference[0].time)
        let event = queue.pop()
        #expect(event?.payload == reference.removeFirst().payload)
      }
      #expect(queue.count == reference.count)
    }
  }
}
