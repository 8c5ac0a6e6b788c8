import Configuration
import Devices
import TestSupport
import Testing
import Workloads

/// Readers must take any text: they return a value within its ranges, or throw a ``ConfigurationError``.
@Suite("Fuzzing the readers")
struct ReaderFuzzTests {
  /// Reads mutations of a text; returns how many were read and how many refused.
  static func fuzz(
    _ text: String, seed: UInt64, rounds: Int, _ read: (Document) throws -> Void
  ) -> (read: Int, refused: Int) {
    var generator = SeededGenerator(seed: seed)
    var counts = (read: 0, refused: 0)
    for round in 0..<rounds {
      let mutation = TextMutation.mutated(text, &generator)
      do {
        try read(Document(yaml: mutation, file: "fuzz.yaml"))
        counts.read += 1
      } catch let error as ConfigurationError {
        #expect(error.description.hasPrefix("fuzz.yaml"))
        counts.refused += 1
      } catch {
        Issue.record("round \(round) of seed \(seed): \(error)")
      }
    }
    return counts
  }

  @Test("Devices", arguments: ShippedFiles.devices.names())
  func devices(name: String) throws {
    let text = try ShippedFiles.text(ShippedFiles.devices, name)
    let counts = Self.fuzz(text, seed: UInt64(name.utf8.count), rounds: 400) { document in
      let device = try DeviceProfile(document: document)
      #expect(device.memory > .zero && device.memoryBandwidth > .zero && !device.peak.isEmpty && !device.name.isEmpty)
      #expect((0.001...1).contains(device.memoryEfficiency) && (0.001...1).contains(device.peakEfficiency))
      #expect(device.peak.values.allSatisfy { $0.flopsPerSecond.isFinite && $0 > .zero })
    }
    // A fuzz that only ever breaks the syntax, or never breaks anything, tests nothing.
    #expect(counts.read > 20 && counts.refused > 20, "\(counts)")
  }

  @Test("Models", arguments: ShippedFiles.models.names())
  func models(name: String) throws {
    let text = try ShippedFiles.text(ShippedFiles.models, name)
    let counts = Self.fuzz(text, seed: UInt64(name.utf8.count), rounds: 600) { document in
      let model = try ModelShape(document: document)
      let shape = model.attention
      #expect((1...100_000).contains(model.layers) && !model.name.isEmpty)
      #expect((1...65_536).contains(shape.queryHeads) && shape.queryHeads.isMultiple(of: shape.kvHeads))
      #expect((1...131_072).contains(shape.keyDim) && model.parameters.map { $0 > 0 } ?? true)
    }
    #expect(counts.read > 20 && counts.refused > 20, "\(counts)")
  }

  @Test("Overrides at any path leave a document that reads, or an error")
  func overrides() throws {
    var generator = SeededGenerator(seed: 99)
    let paths = [
      "attention.heads", "layers", "name", "attention", "a.b.c", "[0]", "attention[1]", "", "x..y", "parameters",
    ]
    for _ in 0..<3_000 {
      var document = try ShippedFiles.models.load("llama-3.1-8b")
      let path = paths[Int.random(in: 0..<paths.count, using: &generator)]
      let value = TextMutation.fragments[Int.random(in: 0..<TextMutation.fragments.count, using: &generator)]
      do {
        try document.set(
          Bool.random(using: &generator) ? path : TextMutation.mutated(path, &generator), to: value, source: "--set")
        _ = try ModelShape(document: document)
      } catch {
        // Either the value itself is at fault or what it made of the document.
        #expect(error.file == "--set" || error.file.hasSuffix("llama-3.1-8b.yaml"), "\(path) to \(value): \(error)")
      }
    }
  }
}
