import Quantities
import RealModule

/// What tier 1 of a decode kernel needs of its shape and device, worked out once; times in microseconds.
struct DecodeRow: ModelRow {
  private let clockFactor: Double
  private let cycle: Double
  private let multiprocessors: Double
  private let ctas: Double
  private let splits: Double
  private let isSplit: Double
  private let logHeadDim: Double
  private let isSingleHead: Bool
  private let group: Double
  private let headsOfCTA: Double
  private let windowsCTA: Double
  private let isTriton: Bool
  private let batch: Double
  private let idleCTAs: Double
  private let tokens: Double
  private let chainTokens: Double
  private let waves: Double
  private let cacheBytes: Double
  private let otherBytes: Double
  private let cacheSize: Double
  private let cacheRate: Double
  private let memoryRate: Double
  private let copies: Double
  private let isWindowed: Double

  init(_ kernel: AttentionKernel, _ plan: DecodePlan, on device: KernelDevice) {
    let family = plan.family
    let flash = family == .fa2 || family == .fa3 || family == .tri
    let windowed = kernel.isWindowed
    // A window that starts inside a block has the kernel read the whole block.
    let extra = windowed && flash ? plan.blockTokens : 0
    let visible = kernel.visibleTokens + extra
    let perSplit = (plan.blocks + (extra > 0 ? 1 : 0)).parts(plan.splits) * plan.blockTokens
    clockFactor = Double.pow(
      TermValues.referenceClock / device.gigahertz, family.clockExponent(in: .decode))
    cycle = 1e-3 / device.gigahertz
    multiprocessors = Double(device.multiprocessors)
    ctas = Double(plan.ctas)
    splits = Double(plan.splits)
    isSplit = plan.splits > 1 ? 1 : 0
    logHeadDim = Double.log(Double(kernel.headDim) / 128)
    isSingleHead = kernel.groupSize == 1
    group = Double(kernel.groupSize)
    headsOfCTA =
      switch family {
      case .xqa: Double(8 * kernel.groupSize.parts(8))
      case .mmha: 0
      case .fa2, .fa3, .tri, .fm2, .fm3: Double(kernel.groupSize)
      }
    windowsCTA = windowed && family != .xqa ? 1 : 0
    isTriton = family == .tri
    batch = Double(kernel.batch)
    idleCTAs = Double(plan.idleCTAs)
    tokens = Double(visible)
    chainTokens = Double(min(perSplit, visible))
    waves = (ctas * splits / (multiprocessors * Double(family.residentCTAs))).rounded(.up)
    cacheBytes =
      2 * Double(kernel.batch * kernel.kvHeads) * tokens * Double(kernel.headDim) * Double(kernel.elementBytes)
    otherBytes = 4 * batch * Double(kernel.queryHeads) * Double(kernel.headDim)
    cacheSize = device.cache.baseUnits
    cacheRate = multiprocessors * device.gigahertz * 64e3
    memoryRate = device.memoryBandwidth.baseUnits * 1e-6
    copies = family == .fa2 && kernel.groupSize > 1 && kernel.kvHeads > 1 && kernel.batch > 1 ? 1 : 0
    isWindowed = windowed ? 1 : 0
  }

  func evaluate(_ values: UnsafeBufferPointer<Double>) -> TermValues {
    let (t0, tm, tc, ts) = (values[0], values[1], values[2], values[3])
    let (a0, ag, asp, ai) = (values[4], values[5], values[6], values[7])
    let (bt, lt, l0) = (values[8], values[9], values[10])
    let (fh, fl, ka, p) = (values[11], values[12], values[13], values[14])
    let (ad, bd, bg) = (values[15], values[16], values[17])
    let (aw, awg, tw, tb, large, a1) = (values[18], values[19], values[20], values[21], values[22], values[23])
    let launched = ctas * splits
    let ctaFactor = logHeadDim == 0 ? 1 : Double.exp(ad * logHeadDim)
    let tokenFactor = logHeadDim == 0 ? 1 : Double.exp(bd * logHeadDim)
    let batchFactor = isTriton ? (batch > 512 ? large : 1 + tb * batch / 512) : 1
    let fixed =
      a0 * (isSingleHead ? a1 : 1) + ag * headsOfCTA + asp * isSplit + windowsCTA * (aw + awg * (group - 1))
    let cta = batchFactor * ctaFactor * clockFactor * fixed
    let work = ctas * tokens * cycle * bt * tokenFactor * (1 + bg * headsOfCTA)
    let throughput = (launched * cta + idleCTAs * clockFactor * ai + work) / multiprocessors
    let chain = (clockFactor * l0 + chainTokens * cycle * lt * tokenFactor) * waves
    let fill = cacheBytes / (ka * cacheSize)
    let cubed = fill * fill * fill
    let warm = 1 / (1 + cubed * cubed)
    let memory = (cacheBytes + otherBytes) * (warm / (fl * cacheRate) + (1 - warm) / (fh * memoryRate))
    let floor = clockFactor * (t0 + isSplit * (tm + ts * splits / 64) + tc * copies + tw * isWindowed)
    let total = floor + TermValues.norm(throughput, chain, memory, p)
    return TermValues(total: total, floor: floor, throughput: throughput, chain: chain, memory: memory)
  }
}
