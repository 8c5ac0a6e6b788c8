import Quantities
import RealModule

/// What tier 1 of a prefill kernel needs of its shape and device, worked out once; times in microseconds.
struct PrefillRow: ModelRow {
  private let cycle: Double
  private let multiprocessors: Double
  private let ctas: Double
  private let tiles: Double
  private let longestTiles: Double
  private let tileScores: Double
  private let tileCycles: Double
  private let overlaps: Bool
  private let logHeadDim: Double
  private let isWindowed: Double
  private let hasTail: Bool
  private let queryBytes: Double
  private let cacheBytes: Double
  private let isSingleHead: Bool
  private let memoryRate: Double
  private let hasHeadDimFloor: Double
  private let isSplit: Double

  init(_ kernel: AttentionKernel, _ plan: PrefillPlan, on device: KernelDevice) {
    let scores = Double(plan.tileRows * plan.tileColumns)
    let tokens = Double(kernel.batch) * Double(kernel.queryTokens)
    cycle = 1e-3 / device.gigahertz
    multiprocessors = Double(device.multiprocessors)
    ctas = Double(plan.ctas) * Double(plan.splits)
    tiles = Double(plan.tiles)
    longestTiles = Double(plan.longestTiles)
    tileScores = scores
    tileCycles = 4 * scores * Double(kernel.headDim) / device.flopsPerCycle
    // From Hopper on the tensor cores work while other warps do the softmax.
    overlaps = device.capability >= 90
    logHeadDim = Double.log(Double(kernel.headDim) / 128)
    isWindowed = kernel.isWindowed ? 1 : 0
    hasTail = ctas > multiprocessors * Double(plan.family.residentCTAs)
    queryBytes = 2 * Double(kernel.queryHeads) * 2 * tokens * Double(kernel.headDim)
    cacheBytes = 2 * Double(kernel.kvHeads) * 2 * tokens * Double(kernel.headDim)
    isSingleHead = kernel.groupSize == 1
    memoryRate = 0.9 * device.memoryBandwidth.baseUnits * 1e-6
    hasHeadDimFloor = plan.family == .fm3 && kernel.headDim != 128 ? 1 : 0
    isSplit = plan.splits > 1 ? 1 : 0
  }

  func evaluate(_ values: UnsafeBufferPointer<Double>) -> TermValues {
    let (t0, a, fe, ex, lb, l0) = (values[0], values[1], values[2], values[3], values[4], values[5])
    let (cq, ck, c1, p, ad) = (values[6], values[7], values[8], values[9], values[10])
    let (tl, tx, tm, aw) = (values[11], values[12], values[13], values[14])
    let matrix = tileCycles / fe
    let softmax = tileScores * ex
    let tile = (overlaps ? (matrix * matrix + softmax * softmax).squareRoot() : matrix + softmax) * cycle
    let cta = a * (logHeadDim == 0 ? 1 : Double.exp(ad * logHeadDim)) * (1 + aw * isWindowed)
    let throughput = (ctas * cta + tiles * tile) / multiprocessors
    let chain = l0 + longestTiles * tile * (1 + lb)
    let tail = hasTail ? tl * (cta + tiles / ctas * tile) : 0
    let memory = (queryBytes * cq + cacheBytes * ck * (isSingleHead ? c1 : 1)) / memoryRate
    let floor = t0 + tx * hasHeadDimFloor + tm * isSplit
    let total = floor + TermValues.norm(throughput, chain, p) + tail + memory
    return TermValues(total: total, floor: floor, throughput: throughput, chain: chain, memory: memory)
  }
}
