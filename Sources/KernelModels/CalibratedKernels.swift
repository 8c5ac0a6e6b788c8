import Fitting

/// The kernels of one software on one device for one phase, calibrated on measurements.
public struct CalibratedKernels: Hashable, Sendable {
  /// The phase.
  public let phase: KernelPhase
  /// The device.
  public let device: KernelDevice
  /// The software.
  public let software: KernelSoftware
  /// The software with its version, as the measurements name it.
  public let version: String
  /// The kernels.
  public let fits: [KernelFamily: FittedParameters]
  /// Tier 2.
  public let residuals: ResidualModel
  /// The intervals of cells with enough rows.
  public let cells: [ErrorCell: ErrorInterval]
  /// The intervals of whole kernels, for cells without one.
  public let families: [KernelFamily: ErrorInterval]
  /// The intervals of whole kernels by tier 1 alone, for what is extrapolated.
  public let tierOne: [KernelFamily: ErrorInterval]

  /// Creates the calibrated kernels of a software on a device; see the properties for the meaning of each value.
  public init(
    phase: KernelPhase, device: KernelDevice, software: KernelSoftware, version: String,
    fits: [KernelFamily: FittedParameters], residuals: ResidualModel, cells: [ErrorCell: ErrorInterval],
    families: [KernelFamily: ErrorInterval], tierOne: [KernelFamily: ErrorInterval]
  ) {
    self.phase = phase
    self.device = device
    self.software = software
    self.version = version
    self.fits = fits
    self.residuals = residuals
    self.cells = cells
    self.families = families
    self.tierOne = tierOne
  }

  /// What it is called: `decode, A100, VLLM`.
  public var title: String { "\(phase.rawValue), \(device.name), \(software.label)" }
}
