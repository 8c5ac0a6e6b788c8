import Fitting
import Quantities
import RealModule

/// A calibrated kernel model: what was fitted for each device and software, from which the time of any kernel follows.
public struct KernelProfile: Hashable, Sendable {
  /// The calibrated kernels.
  public let groups: [CalibratedKernels]
  /// Parameters of a kernel that were fitted on all devices at once, for devices that were not measured.
  public let shared: [KernelPhase: [KernelFamily: FittedParameters]]
  /// The half-width of the 80 % interval of ln(time / predicted) for a device that was not measured.
  public let transfer: [KernelPhase: [KernelSoftware: Double]]

  /// Creates a profile; see the properties for the meaning of each value.
  public init(
    groups: [CalibratedKernels], shared: [KernelPhase: [KernelFamily: FittedParameters]],
    transfer: [KernelPhase: [KernelSoftware: Double]]
  ) {
    self.groups = groups
    self.shared = shared
    self.transfer = transfer
  }

  /// The half-width of the interval where the profile itself has none from leaving a device out.
  public static let widestTransfer = 0.4

  /// The time of a kernel.
  ///
  /// A device is taken as measured when all its figures are those of a calibrated one. Any other gets the parameters of the
  /// kernel that runs there from the measured device of the nearest compute capability (for TensorRT-LLM's decode kernels,
  /// those shared by all devices), with its own figures in the formulas, and the interval of leaving a device out.
  ///
  /// - Throws: ``KernelModelError/noParameters(asked:present:)`` when no kernel like it was calibrated.
  public func predict(_ kernel: AttentionKernel, _ software: KernelSoftware, on device: KernelDevice)
    throws(KernelModelError) -> KernelPrediction
  {
    let model = KernelModel(kernel, software, on: device)
    let candidates = groups.filter { $0.phase == kernel.phase && $0.software == software }
    if let own = candidates.first(where: { $0.device == device && $0.fits[model.family] != nil }),
      let fit = own.fits[model.family], let terms = model.terms(fit.parameters)
    {
      return measured(model, own, fit, terms)
    }
    return try transferred(model, from: candidates)
  }

  private func measured(
    _ model: KernelModel, _ group: CalibratedKernels, _ fit: FittedParameters, _ terms: KernelTerms
  ) -> KernelPrediction {
    let residual = group.residuals.value(ResidualCoordinates(model, family: model.family))
    let cell = ErrorCell(
      family: model.family, headDim: model.kernel.headDim, hasWindow: model.kernel.window != nil,
      regime: terms.regime)
    var reasons = fit.range.outside(model.kernel)
    if !residual.isNear { reasons.append("no measured kernel has about these CTAs and tokens") }
    // Tables of residuals say little of what lies outside: tier 1's own errors are the honest ones there.
    let known = reasons.isEmpty ? group.cells[cell] ?? group.families[model.family] : group.tierOne[model.family]
    let interval = known ?? ErrorInterval(low: -Self.widestTransfer, high: Self.widestTransfer, rows: 0)
    return prediction(
      model, terms, residual: residual.sum, tier: residual.isKnown ? 2 : 1, interval,
      source: "\(group.device.name) \(group.version) \(model.family.rawValue)", reasons)
  }

  private func transferred(_ model: KernelModel, from candidates: [CalibratedKernels])
    throws(KernelModelError) -> KernelPrediction
  {
    let (phase, device) = (model.kernel.phase, model.device)
    // Of the family itself before its kin, of the nearest compute capability before others, by name among equals.
    func rank(_ group: CalibratedKernels, _ family: KernelFamily) -> (Int, Int, String) {
      (
        family == model.family ? 0 : 1, abs(group.device.capability - device.capability), group.device.name
      )
    }
    var best: (group: CalibratedKernels, family: KernelFamily)?
    for group in candidates {
      for family in model.family.lineage where group.fits[family] != nil {
        if let present = best, rank(present.group, present.family) <= rank(group, family) { continue }
        best = (group, family)
      }
    }
    let usesShared = phase == .decode && (model.family == .xqa || model.family == .mmha)
    let sharedFit = usesShared ? shared[phase]?[model.family] : nil
    let own = best.flatMap { $0.group.fits[$0.family] }
    guard let fit = sharedFit ?? own, let terms = model.terms(fit.parameters) else {
      throw .noParameters(
        asked: "\(phase.rawValue) by \(model.software.label) \(model.family.rawValue) on \(device.name)",
        present: groups.map { "\($0.title)" })
    }
    let source =
      sharedFit != nil
      ? "all measured devices, \(model.family.rawValue)"
      : best.map { "\($0.group.device.name) \($0.group.version) \($0.family.rawValue)" } ?? ""
    let half = transfer[phase]?[model.software] ?? Self.widestTransfer
    return prediction(
      model, terms, residual: 0, tier: 1, ErrorInterval(low: -half, high: half, rows: 0), source: source,
      ["no kernel was measured on \(device.name): parameters of \(source)"] + fit.range.outside(model.kernel))
  }

  private func prediction(
    _ model: KernelModel, _ terms: KernelTerms, residual: Double, tier: Int, _ interval: ErrorInterval,
    source: String, _ reasons: [String]
  ) -> KernelPrediction {
    let factor = Double.exp(residual)
    let time = terms.total * factor
    return KernelPrediction(
      time: time, low: time * Double.exp(interval.low), high: time * Double.exp(interval.high), tier: tier,
      residualFactor: factor, family: model.family, ctas: model.ctas, splits: model.splits, terms: terms,
      source: source, extrapolations: reasons)
  }
}
