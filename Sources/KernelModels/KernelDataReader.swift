import Fitting
import Quantities

/// Reads files of measured kernel times, one row a time, as comma-separated values with the columns of ``columns``.
///
/// Strict: a row with anything missing, more, out of range or measured twice is listed with its line and left out. A window
/// of 0 is none. Rows are medians over repeats, so a shape stands once for each device and software.
public struct KernelDataReader {
  /// The columns, in order.
  public static let columns = [
    "gpu", "software", "dtype", "batch", "query_heads", "kv_heads", "head_dim", "window", "query_tokens",
    "context_tokens", "time_us",
  ]

  /// The times that a kernel may take: below is faster than any launch, above is longer than any kernel that was measured.
  static let microseconds = 0.5...1e8

  private let name: String
  private let phase: KernelPhase
  private var measurements: [MeasuredKernel] = []
  private var bad: [MeasurementRemark] = []
  private var setAside: [MeasurementRemark] = []
  private var flags: [MeasurementRemark] = []
  private var lines: [Identity: Int] = [:]

  private struct Identity: Hashable {
    let version: String
    let device: String
    let numbers: [Int]
  }

  private init(name: String, phase: KernelPhase) {
    self.name = name
    self.phase = phase
  }

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - text: The whole text.
  ///   - name: The file's name, for messages.
  ///   - phase: The phase that its rows are of.
  /// - Throws: ``KernelDataError`` when it is no such file.
  public static func read(_ text: String, name: String, phase: KernelPhase) throws(KernelDataError)
    -> KernelDataFile
  {
    var reader = KernelDataReader(name: name, phase: phase)
    var lines = MeasurementLines(text)
    let header = lines.next()
    guard let header, header.number == 1, header.fields == columns else {
      let fields = header?.number == 1 ? header?.fields ?? [] : []
      throw .header(
        file: name, found: MeasurementLines.shortened(fields), expected: columns.joined(separator: ","),
        hint: MeasurementLines.hint(fields, expected: columns))
    }
    for line in lines { reader.read(line.fields, line.number) }
    let rows = reader.measurements.count + reader.bad.count + reader.setAside.count
    if reader.bad.count * 10 > rows, let first = reader.bad.first {
      throw .tooManyBad(file: name, bad: reader.bad.count, rows: rows, first: "\(first)")
    }
    return KernelDataFile(
      name: name, phase: phase, measurements: reader.measurements, bad: reader.bad, setAside: reader.setAside,
      flags: reader.flags)
  }

  private mutating func read(_ fields: [String], _ line: Int) {
    do {
      try accept(fields, line)
    } catch let problem {
      bad.append(MeasurementRemark(file: name, line: line, message: problem.message))
    }
  }

  /// What is wrong with a row.
  private struct Problem: Error {
    let message: String
  }

  private mutating func accept(_ fields: [String], _ line: Int) throws(Problem) {
    guard fields.count == Self.columns.count else {
      throw Problem(message: "found \(fields.count) fields, expected \(Self.columns.count)")
    }
    guard let device = KernelDevice.named(fields[0]) else {
      throw Problem(
        message: "gpu: found '\(fields[0])', expected a device with figures here: 'NVIDIA A100-SXM4-80GB' or "
          + "'NVIDIA H100 80GB HBM3'")
    }
    let label = fields[1].prefix { $0 != " " }
    guard let software = KernelSoftware.allCases.first(where: { $0.label == label }) else {
      let nearest = NearestName.suggestion(for: String(label), among: KernelSoftware.allCases.map(\.label))
      throw Problem(message: "software: found '\(fields[1])', expected 'TRTLLM …' or 'VLLM …'\(nearest)")
    }
    guard fields[2] == "bfloat16" || fields[2] == "float16" else {
      throw Problem(message: "dtype: found '\(fields[2])', expected 'bfloat16' or 'float16'")
    }
    var numbers: [Int] = []
    for (column, field) in zip(Self.columns[3...9], fields[3...9]) {
      guard let number = Int(field), number >= (column == "window" ? 0 : 1) else {
        throw Problem(message: "\(column): found '\(field)', expected a whole number, above 0 but for a window")
      }
      numbers.append(number)
    }
    let microseconds = try Self.time(fields[10])
    let identity = Identity(version: fields[1], device: device.name, numbers: numbers)
    if let first = lines[identity] {
      throw Problem(message: "the shape, device and software of line \(first) again, expected one row for each")
    }
    if phase == .prefill, software == .vllm, numbers[5] == 1 {
      lines[identity] = line
      setAside.append(
        MeasurementRemark(
          file: name, line: line,
          message: "a prefill of one token by vLLM is a decode step, for which there is other data"))
      return
    }
    let measurement = MeasuredKernel(
      line: line, kernel: try kernel(numbers, software, device), software: software, version: fields[1],
      device: device, time: Seconds(microseconds * 1e-6))
    lines[identity] = line
    flag(measurement, microseconds)
    measurements.append(measurement)
  }

  private static func time(_ field: String) throws(Problem) -> Double {
    guard let number = Double(field), number.isFinite else {
      throw Problem(message: "time_us: found '\(field)', expected a number of microseconds")
    }
    guard Self.microseconds.contains(number) else {
      throw Problem(
        message:
          "time_us: found \(field), expected \(microseconds.lowerBound) to 1e8 microseconds; a kernel takes time, "
          + "and other units must be converted")
    }
    return number
  }

  private func kernel(_ numbers: [Int], _ software: KernelSoftware, _ device: KernelDevice) throws(Problem)
    -> AttentionKernel
  {
    do {
      let kernel = try AttentionKernel(
        phase: phase, batch: numbers[0], queryHeads: numbers[1], kvHeads: numbers[2], headDim: numbers[3],
        window: numbers[4] > 0 ? numbers[4] : nil, queryTokens: numbers[5], contextTokens: numbers[6])
      let bytes = KernelDataset.inferredElementBytes(kernel, software, device)
      return bytes == kernel.elementBytes ? kernel : try kernel.withElementBytes(bytes)
    } catch {
      throw Problem(message: "\(error)")
    }
  }

  /// Says so where a decode step reads its cache faster than the memory can deliver it, and the cache can't lie in L2.
  private mutating func flag(_ measurement: MeasuredKernel, _ microseconds: Double) {
    let (kernel, device) = (measurement.kernel, measurement.device)
    guard kernel.phase == .decode else { return }
    let nominal = kernel.cacheBytes.baseUnits * 2 / Double(kernel.elementBytes)
    let rate = BytesPerSecond(nominal / (microseconds * 1e-6))
    guard nominal > 4 * device.cache.baseUnits, rate > device.memoryBandwidth else { return }
    let inferred = kernel.elementBytes == 1 ? "; taken as 8-bit, as all rows of its kernel" : ""
    flags.append(
      MeasurementRemark(
        file: name, line: measurement.line,
        message:
          "16-bit K and V of \(kernel.cacheBytes.baseUnits == nominal ? kernel.cacheBytes : Bytes(Int64(nominal))) "
          + "would be read at \(rate), above the data sheet's \(device.memoryBandwidth)\(inferred)"))
  }
}
