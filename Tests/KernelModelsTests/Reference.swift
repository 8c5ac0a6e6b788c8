import Foundation
import KernelModels
import Testing

/// What the reference implementation of the model gave: `Fixtures` holds its outputs and no measured time.
enum Reference {
  /// A row of `times.csv`.
  struct Row {
    let line: Int
    let fit: String
    let kernel: AttentionKernel
    let software: KernelSoftware
    let device: KernelDevice
    let family: String
    let splits: Int
    let tier1: Double
    let tier2: Double?
  }

  static func fields(_ file: String) throws -> [(line: Int, fields: [String])] {
    let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/\(file)")
    let lines = try String(contentsOf: url, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
    return lines.enumerated().dropFirst(2).filter { !$0.element.isEmpty }.map { index, line in
      (index + 1, line.split(separator: ",", omittingEmptySubsequences: false).map { String($0) })
    }
  }

  static func rows() throws -> [Row] {
    try fields("times.csv").map { line, fields in
      let numbers = try fields[4...10].map { try #require(Int($0)) }
      let phase = try #require(KernelPhase(rawValue: fields[0]))
      let software = try #require(KernelSoftware(rawValue: fields[2].lowercased()))
      let device = try #require(KernelDevice.named(fields[1]))
      let kernel = try AttentionKernel(
        phase: phase, batch: numbers[0], queryHeads: numbers[1], kvHeads: numbers[2], headDim: numbers[3],
        window: numbers[4] > 0 ? numbers[4] : nil, queryTokens: phase == .decode ? 1 : numbers[5],
        contextTokens: numbers[5],
        // The A100's rows of XQA are inferred to hold 8-bit elements.
        elementBytes: fields[1] == "A100" && fields[3] == "XQA" ? 1 : 2)
      return Row(
        line: line, fit: fields[0...2].joined(separator: "/"), kernel: kernel, software: software, device: device,
        family: fields[3], splits: numbers[6], tier1: try #require(Double(fields[11])), tier2: Double(fields[12]))
    }
  }

  /// The parameters of each fit, such as `decode/A100/VLLM/FA2`.
  static func parameters() throws -> [String: KernelParameters] {
    var parameters: [String: KernelParameters] = [:]
    for (_, fields) in try fields("parameters.csv") {
      let phase = try #require(KernelPhase(rawValue: String(fields[0].prefix { $0 != "/" })))
      let values = fields[1].split(separator: " ").compactMap { Double($0) }
      let read: KernelParameters = try #require(KernelParameters(phase: phase, values: values))
      parameters[fields[0]] = read
    }
    return parameters
  }
}
