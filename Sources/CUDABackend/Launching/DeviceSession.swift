import Quantities

/// One device in use: its context, a stream and the kernels that were loaded, given back when nobody holds it any more.
///
/// What is given no other queue happens in the order of the one stream, and all on the thread that made the session. Sessions of several devices
/// may be used in turn on one thread: each makes its context current before it asks the driver for anything.
public final class DeviceSession {
  /// The driver.
  public let driver: CUDADriver
  /// The monitoring; nil where it is not to be had.
  public let monitor: NVMLLibrary?
  /// The device.
  public let device: DeviceDescription
  /// The kernels' table; nil where none are launched.
  public let table: KernelTable?

  private let monitored: NVMLLibrary.Device?
  let context: CUDADriver.Handle
  let stream: CUDADriver.Handle
  private let begin: CUDADriver.Handle
  private let end: CUDADriver.Handle
  private var modules: [CUDADriver.Handle] = []
  private var functions: [String: CUDADriver.Handle] = [:]
  private var sharedAllowed: [String: Int] = [:]

  /// Takes a device into use.
  ///
  /// - Parameters:
  ///   - driver: The driver.
  ///   - monitor: The monitoring.
  ///   - device: The device.
  ///   - table: The kernels' table; nil where none will be launched.
  /// - Throws: ``CUDAError``.
  public init(
    driver: CUDADriver, monitor: NVMLLibrary?, device: DeviceDescription, table: KernelTable? = nil
  ) throws(CUDAError) {
    let purpose = "taking \(device.name) into use"
    let number = CInt(device.index)
    var context: CUDADriver.Handle?
    try driver.check(driver.retainContext(&context, number), "cuDevicePrimaryCtxRetain", purpose)
    guard let context else { throw .noDevice("the driver gives no context of device \(device.index)") }
    do throws(CUDAError) {
      try driver.check(driver.setContext(context), "cuCtxSetCurrent", purpose)
      var handles: [CUDADriver.Handle?] = [nil, nil, nil]
      // A stream in order with the default one: a copy to the device may return before all of it has arrived (CUDA Driver
      // API, "API synchronization behavior"), and a stream that is not would start kernels all the same.
      try driver.check(driver.createStream(&handles[0], 0), "cuStreamCreate", purpose)
      try driver.check(driver.createEvent(&handles[1], 0), "cuEventCreate", purpose)
      try driver.check(driver.createEvent(&handles[2], 0), "cuEventCreate", purpose)
      guard let stream = handles[0], let begin = handles[1], let end = handles[2] else {
        throw .noDevice("the driver gives no stream of device \(device.index)")
      }
      (self.stream, self.begin, self.end) = (stream, begin, end)
    } catch {
      _ = driver.releaseContext(number)
      throw error
    }
    self.context = context
    self.driver = driver
    self.monitor = monitor
    self.device = device
    self.table = table
    monitored = try? monitor?.device(bus: device.bus)
  }

  deinit {
    _ = driver.setContext(context)
    _ = driver.destroyEvent(begin)
    _ = driver.destroyEvent(end)
    _ = driver.destroyStream(stream)
    for module in modules { _ = driver.unloadModule(module) }
    _ = driver.releaseContext(CInt(device.index))
  }

  /// What the sensors show now; nil where there is no monitoring.
  public func reading() -> DeviceReading? { monitored.flatMap { monitor?.reading($0) } }

  /// Whether NVML reaches the device no more.
  var isLost: Bool { monitored.map { monitor?.isLost($0) == true } ?? false }

  /// Throws where a function of the driver failed: ``CUDAError/deviceLost(_:)`` where NVML can't reach the device either.
  func check(_ code: CInt, _ function: String, _ purpose: @autoclosure () -> String) throws(CUDAError) {
    guard code != 0 else { return }
    if isLost { throw .deviceLost(purpose()) }
    try driver.check(code, function, purpose())
  }

  /// Makes the device's context the current one of this thread.
  func use(_ purpose: @autoclosure () -> String) throws(CUDAError) {
    try check(driver.setContext(context), "cuCtxSetCurrent", purpose())
  }

  // MARK: Memory

  /// Memory of the device.
  ///
  /// - Parameters:
  ///   - byteCount: How much; one byte at least is taken.
  ///   - purpose: What it is for, for errors.
  /// - Throws: ``CUDAError``: `outOfMemory`, `call`, `deviceLost`.
  public func allocate(_ byteCount: Int, for purpose: String) throws(CUDAError) -> DeviceBuffer {
    try use("allocating \(purpose)")
    var address: UInt64 = 0
    let code = driver.allocate(&address, max(byteCount, 1))
    if code == CUDAResult.outOfMemory {
      var (left, all) = (0, 0)
      let isKnown = driver.freeMemory(&left, &all) == 0
      throw .outOfMemory(
        asked: Bytes(Int64(byteCount)), free: isKnown ? Bytes(Int64(left)) : nil, purpose: "allocating \(purpose)")
    }
    try check(code, "cuMemAlloc_v2", "allocating \(purpose)")
    return DeviceBuffer(address: address, byteCount: max(byteCount, 1), session: self)
  }

  /// Memory of the device that holds elements.
  ///
  /// - Throws: ``CUDAError``.
  public func buffer<Element: BitwiseCopyable>(
    _ elements: [Element], for purpose: String
  ) throws(CUDAError) -> DeviceBuffer {
    let buffer = try allocate(elements.count * MemoryLayout<Element>.stride, for: purpose)
    if !elements.isEmpty { try buffer.write(elements) }
    return buffer
  }

  /// Overwrites memory on the stream.
  func fill(
    _ buffer: DeviceBuffer, with byte: UInt8 = 0, for purpose: String = "flushing the second cache"
  ) throws(CUDAError) {
    try use(purpose)
    try check(driver.fill(buffer.address, byte, buffer.byteCount, stream), "cuMemsetD8Async", purpose)
  }

  // MARK: Kernels

  /// Loads the kernels of a source.
  ///
  /// - Throws: ``CUDAError``.
  public func load(_ source: CompiledSource) throws(CUDAError) {
    let purpose = "loading \(source.source) for \(source.architecture)"
    try use(purpose)
    var module: CUDADriver.Handle?
    try check(source.code.withUnsafeBytes { driver.loadModule(&module, $0.baseAddress) }, "cuModuleLoadData", purpose)
    guard let module else { throw .noDevice("the driver loads no machine code") }
    modules.append(module)
    for kernel in source.resources {
      var function: CUDADriver.Handle?
      try check(
        driver.function(&function, module, kernel.kernel), "cuModuleGetFunction", "\(purpose): finding \(kernel.kernel)"
      )
      functions[kernel.kernel] = function
    }
  }

  /// How many blocks of a kernel the device holds at once.
  ///
  /// - Throws: ``CUDAError``.
  public func residentBlocks(_ name: String, splits: Int = 0) throws(CUDAError) -> Int {
    let (function, kernel) = try find(name)
    let shared = kernel.kernel.shared(splits: splits)
    try allow(shared, name, function)
    var blocks: CInt = 0
    try use("asking how many blocks of \(name) run at once")
    try check(
      driver.residentBlocks(&blocks, function, CInt(kernel.kernel.threads), shared),
      "cuOccupancyMaxActiveBlocksPerMultiprocessor", "asking how many blocks of \(name) run at once")
    return max(Int(blocks), 1) * device.multiprocessors
  }

  /// Launches a kernel on the stream, or records it where a graph is being made.
  ///
  /// - Parameters:
  ///   - name: The kernel.
  ///   - grid: The blocks along x, y and z.
  ///   - splits: The splits that its shared memory must hold.
  ///   - arguments: Its arguments, as its family declares them.
  ///   - queue: Another queue of this device than the session's own.
  /// - Throws: ``CUDAError``; `table` for arguments that differ from those of the table.
  public func launch(
    _ name: String, grid: (x: Int, y: Int, z: Int), splits: Int = 0, _ arguments: [LaunchArgument],
    on queue: DeviceQueue? = nil
  ) throws(CUDAError) {
    let (function, kernel) = try find(name)
    guard kernel.family.arguments.map(\.type) == arguments.map(\.kind) else {
      throw .table(
        file: KernelSources.tableName,
        problem: "\(name) takes \(kernel.family.arguments.map(\.type.rawValue).joined(separator: ", ")); expected "
          + arguments.map(\.kind.rawValue).joined(separator: ", "))
    }
    let shared = kernel.kernel.shared(splits: splits)
    try use("launching \(name)")
    try allow(shared, name, function)
    var cells = arguments.map(\.cell)
    let threads = CUnsignedInt(kernel.kernel.threads)
    let stream = queue?.stream ?? stream
    let code = cells.withUnsafeMutableBufferPointer { cells in
      // A null ends the list: the driver needs none, but what takes its place in tests can't know the arguments' number.
      var pointers = cells.indices.map { index in cells.baseAddress.map { UnsafeMutableRawPointer($0 + index) } }
      pointers.append(nil)
      return driver.launch(
        function, CUnsignedInt(grid.x), CUnsignedInt(grid.y), CUnsignedInt(grid.z), threads, 1, 1,
        CUnsignedInt(shared), stream, &pointers, nil)
    }
    try check(code, "cuLaunchKernel", "launching \(name)")
  }

  /// Waits until all that was launched is done.
  ///
  /// - Throws: ``CUDAError``.
  public func synchronize(_ purpose: String, on queue: DeviceQueue? = nil) throws(CUDAError) {
    try use(purpose)
    try check(driver.waitForStream(queue?.stream ?? stream), "cuStreamSynchronize", purpose)
  }

  private func find(
    _ name: String
  ) throws(CUDAError) -> (CUDADriver.Handle, (family: KernelTable.Family, kernel: KernelTable.Kernel)) {
    guard let function = functions[name], let kernel = table?.find(name) else {
      throw .table(
        file: KernelSources.tableName,
        problem: "no kernel '\(name)' is loaded\(NearestName.suggestion(for: name, among: functions.keys.sorted()))")
    }
    return (function, kernel)
  }

  /// Above 48 KiB a function must be allowed its shared memory first (CUDA C++ Programming Guide, "Shared Memory").
  private func allow(_ shared: Int, _ name: String, _ function: CUDADriver.Handle) throws(CUDAError) {
    guard shared > max(48 << 10, sharedAllowed[name] ?? 0) else { return }
    // CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES.
    try check(
      driver.setFunctionAttribute(function, 8, CInt(shared)), "cuFuncSetAttribute",
      "allowing \(name) \(shared) bytes of shared memory")
    sharedAllowed[name] = shared
  }

  // MARK: Graphs and time

  /// Records launches as a graph.
  ///
  /// - Throws: ``CUDAError``.
  public func graph(_ launches: () throws(CUDAError) -> Void) throws(CUDAError) -> LaunchGraph {
    try Self.graphs(of: [self], launches)[0]
  }

  /// Starts a graph on the stream.
  ///
  /// - Throws: ``CUDAError``.
  public func launch(_ graph: LaunchGraph) throws(CUDAError) {
    try use("launching a graph")
    try check(driver.launchGraph(graph.instance, stream), "cuGraphLaunch", "launching a graph")
  }

  /// The time on the device between what a body puts on the stream and its end, by events.
  ///
  /// - Throws: ``CUDAError``.
  public func time(_ purpose: String, _ body: () throws(CUDAError) -> Void) throws(CUDAError) -> Seconds {
    try use(purpose)
    try check(driver.record(begin, stream), "cuEventRecord", purpose)
    try body()
    try use(purpose)
    try check(driver.record(end, stream), "cuEventRecord", purpose)
    try check(driver.waitForEvent(end), "cuEventSynchronize", purpose)
    var milliseconds: Float = 0
    try check(driver.elapsed(&milliseconds, begin, end), "cuEventElapsedTime", purpose)
    return Seconds(Double(milliseconds) / 1e3)
  }
}
