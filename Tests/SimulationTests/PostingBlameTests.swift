import Programs
import Quantities
import TestSupport
import Testing
import Topologies

@testable import Simulation

@Suite struct PostingBlameTests {
  @Test func timeSpentPostingOthersIsTheirLinksNotTheWaitingMessages() throws {
    var graph = Graph()
    let slow = graph.add(
      LinkClass(
        name: "slow", bandwidth: BytesPerSecond(1e11), latency: .zero, messageOverhead: Seconds(1)))
    let quick = graph.add(
      LinkClass(name: "quick", bandwidth: BytesPerSecond(1e11), latency: .zero, messageOverhead: Seconds(1e-9)))
    let devices = (0..<3).map { graph.add(Vertex(name: "gpu\($0)", kind: .device, forwards: false)) }
    graph.connect(devices[0], devices[1], linkClass: slow, tier: .nic)
    graph.connect(devices[0], devices[2], linkClass: quick, tier: .scaleUp)
    var builder = ProgramBuilder(worldSize: 3)
    SimulatorTests.addMessage(&builder, from: 0, to: 1, bytes: 8)
    SimulatorTests.addMessage(&builder, from: 0, to: 2, bytes: 80_000_000_000)
    let run = try Simulator(topology: SmallClusters.topology(graph, devices)).run(builder.build())
    let resources = run.criticalPath().resources
    #expect(resources[.messageOverhead(link: "slow")] == Seconds(1))
    #expect((resources[.messageOverhead(link: "quick")] ?? .zero) < Seconds(2e-9))
  }
}
