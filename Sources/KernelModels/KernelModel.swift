/// One kernel of a device as the model sees it: which runs, how it is laid out, and what tier 1 says of its time.
///
/// Tier 1 is physics: a launch floor, the throughput of the multiprocessors, the latency chain of the longest CTA, and the
/// traffic with memory and L2, joined by a norm. The formulas are in `Experiments/calibration/README.md`.
public struct KernelModel: Sendable {
  /// The shape.
  public let kernel: AttentionKernel
  /// The software.
  public let software: KernelSoftware
  /// The device.
  public let device: KernelDevice
  /// Which kernel runs.
  public let family: KernelFamily
  /// The CTAs of one split.
  public let ctas: Int
  /// The splits of KV.
  public let splits: Int

  private enum Row {
    case decode(DecodeRow)
    case prefill(PrefillRow)
  }

  private let row: Row

  /// Lays a kernel out on a device.
  public init(_ kernel: AttentionKernel, _ software: KernelSoftware, on device: KernelDevice) {
    self.kernel = kernel
    self.software = software
    self.device = device
    switch kernel.phase {
    case .decode:
      let plan = DecodePlan(kernel, software, on: device)
      (family, ctas, splits) = (plan.family, plan.ctas, plan.splits)
      row = .decode(DecodeRow(kernel, plan, on: device))
    case .prefill:
      let plan = PrefillPlan(kernel, software, on: device)
      (family, ctas, splits) = (plan.family, plan.ctas, plan.splits)
      row = .prefill(PrefillRow(kernel, plan, on: device))
    }
  }

  /// The time by tier 1 and its parts.
  ///
  /// - Returns: Nil when the parameters are of the other phase.
  public func terms(_ parameters: KernelParameters) -> KernelTerms? {
    guard parameters.phase == kernel.phase else { return nil }
    return parameters.values.withUnsafeBufferPointer { evaluate($0) }.terms
  }

  var decodeRow: DecodeRow? {
    if case .decode(let row) = row { row } else { nil }
  }

  var prefillRow: PrefillRow? {
    if case .prefill(let row) = row { row } else { nil }
  }

  /// The time and its parts in microseconds, by parameters of the kernel's phase.
  func evaluate(_ values: UnsafeBufferPointer<Double>) -> TermValues {
    switch row {
    case .decode(let row): row.evaluate(values)
    case .prefill(let row): row.evaluate(values)
    }
  }
}
