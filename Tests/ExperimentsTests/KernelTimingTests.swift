import Configuration
import Devices
import Experiments
import KernelModels
import Quantities
import ResultStore
import Simulation
import Testing
import Workloads

/// Steps whose attention kernels a calibrated model times.
@Suite struct KernelTimingTests {
  private static func experiment(
    _ topologyName: String = "dgx-h100-1", model modelName: String = "llama-3.1-8b", tokens: Int = 131_072,
    queryTokens: Int = 1, ranks: Int = 8, replications: Int = 25, seed: UInt64 = 0, overrides: [Override] = []
  ) throws -> StepExperiment {
    let topology = try ResolvedTopology(topologyName, from: Shipped.library, overrides: overrides).topology
    let model = try ResolvedModel(modelName, from: Shipped.library).model
    return StepExperiment(
      topology: topology,
      workload: AttentionWorkload(
        shape: model.attention, batch: 1, tokens: tokens, queryTokens: queryTokens, type: .bf16),
      layers: model.layers, ranks: ranks,
      kernels: try KernelTiming(
        ResolvedKernelProfile("a100-h100", from: Shipped.library), .vllm, on: topology, replications: replications,
        seed: seed))
  }

  @Test(
    "One device takes what the model says, and its interval is the model's, whatever the seed", arguments: [0, 1, 7])
  func single(seed: UInt64) throws {
    let outcome = try Self.experiment(ranks: 1, seed: seed).run(.single)
    let kernels = try #require(outcome.kernels)
    #expect(kernels.kernels.count == 1 && kernels.extrapolations.isEmpty)
    let kernel = kernels.kernels[0]
    let predicted = try KernelProfile(document: Shipped.library.calibrations.load("a100-h100")).predict(
      AttentionKernel(
        phase: .decode, batch: 1, queryHeads: 32, kvHeads: 8, headDim: 128, queryTokens: 1, contextTokens: 131_072),
      .vllm, on: .h100)
    #expect(kernel.prediction == predicted)
    #expect(outcome.figures.makespan == predicted.time && outcome.closedForm.time == predicted.time)
    let interval = try #require(kernels.interval)
    #expect(abs(interval.low / predicted.low - 1) < 1e-9 && abs(interval.high / predicted.high - 1) < 1e-9)
    #expect(outcome.figures.criticalPath.resources == [.calibratedKernel(device: "h100-sxm"): predicted.time])
  }

  @Test("Seeds deal the same slices of the intervals out to other replications")
  func seeds() throws {
    let times = try [UInt64(0), 0, 1].map { seed in
      try #require(try Self.experiment(seed: seed).run(.tree).kernels?.spread).times
    }
    #expect(times[0] == times[1])
    #expect(times[0] != times[2] && times[0].sorted() == times[2].sorted())
  }

  @Test("Threads change no bit")
  func threads() throws {
    let experiment = try Self.experiment()
    let (one, four) = (try experiment.run(.ring), try experiment.run(.ring, on: Parallel(jobs: 4)))
    #expect(one.kernels?.spread == four.kernels?.spread && one.figures.makespan == four.figures.makespan)
  }

  @Test("The ring's closed form takes the same kernels: equal where messages share no link")
  func closedForms() throws {
    let ring = try Self.experiment().run(.ring)
    #expect(abs(ring.timeDifference) < 1e-9)
    #expect(ring.bytesAndMemoryAgree)
    let tree = try Self.experiment().run(.tree)
    #expect(abs(tree.timeDifference) < 0.02)
    // Both attend to an eighth of the tokens at a time.
    #expect(ring.kernels?.kernels.first?.prediction == tree.kernels?.kernels.first?.prediction)
  }

  @Test("A causal prefill on one device is the measured kernel; a ring's blocks are extrapolated and say so")
  func prefill() throws {
    let single = try Self.experiment(tokens: 8192, queryTokens: 8192, ranks: 1).run(.single)
    let kernel = try #require(single.kernels?.kernels.first)
    #expect(kernel.shape.phase == .prefill && kernel.shape.contextTokens == 8192)
    #expect(single.kernels?.extrapolations.isEmpty == true)
    #expect(single.figures.makespan == kernel.prediction.time)
    let ring = try Self.experiment(tokens: 8192, queryTokens: 8192, ranks: 8, replications: 1).run(.ring)
    #expect(ring.kernels?.extrapolations.contains { $0.contains("blocks of a prefill") } == true)
    #expect(ring.kernels?.spread == nil)
  }

  @Test("A device whose figures were changed is another device, extrapolated with a wider interval")
  func changedDevice() throws {
    let own = try #require(try Self.experiment().run(.tree).kernels?.kernels.first?.prediction)
    let changed = try #require(
      try Self.experiment(overrides: [Override(parsing: "devices.h100-sxm.memory.bandwidth=4.8TB/s")]).run(.tree)
        .kernels)
    #expect(changed.extrapolations.first?.contains("no kernel was measured") == true)
    let prediction = changed.kernels[0].prediction
    #expect(prediction.time < own.time && prediction.high / prediction.low > own.high / own.low)
  }

  @Test("Better figures change the other kernels, and leave calibrated ones as they are")
  func sensitivities() throws {
    let analysis = try StepAnalysis(of: Self.experiment(), .tree, betterBy: 0.1)
    let memory = try #require(
      analysis.sensitivities.first { $0.knob == Knob(.memoryBandwidth, of: "h100-sxm") })
    #expect(abs(memory.change) < 1e-3)
    let launch = try #require(analysis.sensitivities.first { $0.knob == Knob(.launchOverhead, of: "h100-sxm") })
    #expect(launch.change < -0.01)
    #expect(analysis.unlimited?.resource == .calibratedKernel(device: "h100-sxm"))
    #expect(analysis.unlimited?.stepTime == nil)
  }

  @Test(
    "What the model does not cover is said",
    arguments: [("mi300x-8", "llama-3.1-8b", "compute-capability"), ("dgx-h100-1", "deepseek-v3", "latent cache")])
  func uncovered(topology: String, model: String, message: String) throws {
    do {
      _ = try Self.experiment(topology, model: model).run(.tree)
      Issue.record("nothing was thrown")
    } catch let error as KernelModelError {
      #expect(error.description.contains(message), "\(error)")
    }
  }

  @Test("Settings with kernels come back from their text, and wrong ones name the field")
  func settings() throws {
    let settings = StepSettings(
      options: StepOptions(), fitted: .init(software: .trtllm, collectives: true, replications: 3, seed: .max))
    #expect(try StepSettings(text: settings.text, file: "f") == settings)
    for (line, message) in [
      ("kernels: vlm", "did you mean 'vllm'?"), ("kernels: vllm\ndraws: 0", "draws"),
      ("kernels: vllm\ndraw-seed: -1", "draw-seed"),
    ] {
      let error = configurationError { try StepSettings(text: line + "\n", file: "f.yaml") }
      #expect(error?.description.contains(message) == true, "\(String(describing: error))")
    }
  }

  @Test("Shipped profiles are the devices that they name")
  func devices() throws {
    func device(_ name: String) throws -> KernelDevice {
      try KernelDevice(DeviceProfile(document: Shipped.library.devices.load(name)))
    }
    #expect(try device("h100-sxm") == .h100)
    #expect(try device("a100-sxm-80gb") == .a100)
    for (name, clock) in [
      ("h200-sxm", 1.83), ("l40s", 2.49), ("rtx4090", 2.52), ("v100-sxm2-32gb", 1.53), ("b200-sxm", 1.86),
    ] {
      let found = try device(name)
      #expect(found != .h100 && found != .a100)
      #expect(abs(found.gigahertz - clock) < 0.01, "\(name): \(found.gigahertz)")
    }
  }
}
