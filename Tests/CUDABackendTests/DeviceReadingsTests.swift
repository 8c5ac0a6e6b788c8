import Quantities
import Testing

@testable import CUDABackend

@Suite struct DeviceReadingsTests {
  private func reading(_ clock: Int?, _ throttling: UInt64?) -> DeviceReading {
    DeviceReading(clock: clock, memoryClock: nil, milliwatts: 300_000, temperature: nil, throttling: throttling)
  }

  @Test("Ranges leave out what is not told, and reasons of any reading count")
  func ranges() throws {
    let readings = DeviceReadings(
      [reading(1755, 1), reading(nil, 0x24), reading(1200, 0), reading(1755, 0x4)], cost: Seconds(1e-3))
    let clock = try #require(readings.range(\.clock))
    #expect(clock == (1200, 1755, 1755))
    #expect(readings.range(\.temperature) == nil)
    #expect(readings.throttling == 0x25)
    #expect(readings.throttledCount == 2)
    #expect(readings.throttlingReasons == ["software power cap", "software thermal"])
    #expect(readings.before == reading(1755, 1))
    #expect(readings.after == reading(1755, 0x4))
    let none = DeviceReadings([], cost: .zero)
    #expect(none.throttling == nil)
    #expect(none.before == nil)
  }
}
