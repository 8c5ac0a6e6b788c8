import Libraries
import Quantities

/// The CUDA driver's functions that the backend uses, as cuda.h of CUDA 12 declares them.
///
/// Nothing is linked: the library is opened when a device is first asked for. Functions return an error's number, which
/// ``check(_:_:_:)`` turns into an error that says what was being done.
public struct CUDADriver: Sendable {
  /// A handle: context, module, function, stream, event or graph.
  typealias Handle = OpaquePointer
  typealias Address = UInt64

  /// The file that holds the library.
  public let path: String
  /// The newest CUDA that the driver runs, 1000 times its major version and 10 times its minor one.
  public let version: Int
  /// Whether this is the tests' emulation, which exports a name that no driver has: what it gives is no measurement.
  public let isEmulation: Bool

  let errorName: @convention(c) (CInt, UnsafeMutablePointer<UnsafePointer<CChar>?>?) -> CInt
  let errorString: @convention(c) (CInt, UnsafeMutablePointer<UnsafePointer<CChar>?>?) -> CInt
  let deviceCount: @convention(c) (UnsafeMutablePointer<CInt>?) -> CInt
  let device: @convention(c) (UnsafeMutablePointer<CInt>?, CInt) -> CInt
  let deviceName: @convention(c) (UnsafeMutablePointer<CChar>?, CInt, CInt) -> CInt
  let deviceAttribute: @convention(c) (UnsafeMutablePointer<CInt>?, CInt, CInt) -> CInt
  let deviceMemory: @convention(c) (UnsafeMutablePointer<Int>?, CInt) -> CInt
  let deviceBus: @convention(c) (UnsafeMutablePointer<CChar>?, CInt, CInt) -> CInt
  let canAccessPeer: @convention(c) (UnsafeMutablePointer<CInt>?, CInt, CInt) -> CInt
  let retainContext: @convention(c) (UnsafeMutablePointer<Handle?>?, CInt) -> CInt
  let releaseContext: @convention(c) (CInt) -> CInt
  let setContext: @convention(c) (Handle?) -> CInt
  let enablePeerAccess: @convention(c) (Handle?, CUnsignedInt) -> CInt
  let loadModule: @convention(c) (UnsafeMutablePointer<Handle?>?, UnsafeRawPointer?) -> CInt
  let unloadModule: @convention(c) (Handle?) -> CInt
  let function: @convention(c) (UnsafeMutablePointer<Handle?>?, Handle?, UnsafePointer<CChar>?) -> CInt
  let setFunctionAttribute: @convention(c) (Handle?, CInt, CInt) -> CInt
  let residentBlocks: @convention(c) (UnsafeMutablePointer<CInt>?, Handle?, CInt, Int) -> CInt
  let freeMemory: @convention(c) (UnsafeMutablePointer<Int>?, UnsafeMutablePointer<Int>?) -> CInt
  let allocate: @convention(c) (UnsafeMutablePointer<Address>?, Int) -> CInt
  let free: @convention(c) (Address) -> CInt
  let copyToDevice: @convention(c) (Address, UnsafeRawPointer?, Int) -> CInt
  let copyFromDevice: @convention(c) (UnsafeMutableRawPointer?, Address, Int) -> CInt
  let allocateHost: @convention(c) (UnsafeMutablePointer<UnsafeMutableRawPointer?>?, Int, CUnsignedInt) -> CInt
  let freeHost: @convention(c) (UnsafeMutableRawPointer?) -> CInt
  let enqueueCopyToDevice: @convention(c) (Address, UnsafeRawPointer?, Int, Handle?) -> CInt
  let enqueueCopyFromDevice: @convention(c) (UnsafeMutableRawPointer?, Address, Int, Handle?) -> CInt
  let enqueueCopy: @convention(c) (Address, Address, Int, Handle?) -> CInt
  let enqueuePeerCopy: @convention(c) (Address, Handle?, Address, Handle?, Int, Handle?) -> CInt
  let fill: @convention(c) (Address, UInt8, Int, Handle?) -> CInt
  let createStream: @convention(c) (UnsafeMutablePointer<Handle?>?, CUnsignedInt) -> CInt
  let destroyStream: @convention(c) (Handle?) -> CInt
  let waitForStream: @convention(c) (Handle?) -> CInt
  let launch:
    @convention(c) (
      Handle?, CUnsignedInt, CUnsignedInt, CUnsignedInt, CUnsignedInt, CUnsignedInt, CUnsignedInt, CUnsignedInt,
      Handle?,
      UnsafeMutablePointer<UnsafeMutableRawPointer?>?, UnsafeMutablePointer<UnsafeMutableRawPointer?>?
    ) -> CInt
  let createEvent: @convention(c) (UnsafeMutablePointer<Handle?>?, CUnsignedInt) -> CInt
  let destroyEvent: @convention(c) (Handle?) -> CInt
  let record: @convention(c) (Handle?, Handle?) -> CInt
  let recordWithFlags: @convention(c) (Handle?, Handle?, CUnsignedInt) -> CInt
  let waitForEvent: @convention(c) (Handle?) -> CInt
  let queryEvent: @convention(c) (Handle?) -> CInt
  let waitOnStream: @convention(c) (Handle?, Handle?, CUnsignedInt) -> CInt
  let elapsed: @convention(c) (UnsafeMutablePointer<Float>?, Handle?, Handle?) -> CInt
  let beginCapture: @convention(c) (Handle?, CUnsignedInt) -> CInt
  let endCapture: @convention(c) (Handle?, UnsafeMutablePointer<Handle?>?) -> CInt
  let instantiate: @convention(c) (UnsafeMutablePointer<Handle?>?, Handle?, UInt64) -> CInt
  let launchGraph: @convention(c) (Handle?, Handle?) -> CInt
  let destroyGraph: @convention(c) (Handle?) -> CInt
  let destroyInstance: @convention(c) (Handle?) -> CInt

  /// The oldest that will do: 12.0, whose driver is 525.
  static let oldest = 12000

  /// Opens the library and starts the driver.
  ///
  /// - Parameter folders: Where to look first.
  /// - Throws: ``CUDAError``: `libraryMissing`, `libraryUnfit` for one that lacks functions or is too old, `noDevice`.
  public init(folders: [String] = []) throws(CUDAError) {
    let library = try CUDALibrary.driver.open(folders)
    var symbols = library.symbols
    let start: @convention(c) (CUnsignedInt) -> CInt = symbols.find("cuInit")
    let driverVersion: @convention(c) (UnsafeMutablePointer<CInt>?) -> CInt = symbols.find("cuDriverGetVersion")
    errorName = symbols.find("cuGetErrorName")
    errorString = symbols.find("cuGetErrorString")
    deviceCount = symbols.find("cuDeviceGetCount")
    device = symbols.find("cuDeviceGet")
    deviceName = symbols.find("cuDeviceGetName")
    deviceAttribute = symbols.find("cuDeviceGetAttribute")
    deviceMemory = symbols.find("cuDeviceTotalMem_v2")
    deviceBus = symbols.find("cuDeviceGetPCIBusId")
    canAccessPeer = symbols.find("cuDeviceCanAccessPeer")
    retainContext = symbols.find("cuDevicePrimaryCtxRetain")
    releaseContext = symbols.find("cuDevicePrimaryCtxRelease_v2")
    setContext = symbols.find("cuCtxSetCurrent")
    enablePeerAccess = symbols.find("cuCtxEnablePeerAccess")
    loadModule = symbols.find("cuModuleLoadData")
    unloadModule = symbols.find("cuModuleUnload")
    function = symbols.find("cuModuleGetFunction")
    setFunctionAttribute = symbols.find("cuFuncSetAttribute")
    residentBlocks = symbols.find("cuOccupancyMaxActiveBlocksPerMultiprocessor")
    freeMemory = symbols.find("cuMemGetInfo_v2")
    allocate = symbols.find("cuMemAlloc_v2")
    free = symbols.find("cuMemFree_v2")
    copyToDevice = symbols.find("cuMemcpyHtoD_v2")
    copyFromDevice = symbols.find("cuMemcpyDtoH_v2")
    allocateHost = symbols.find("cuMemHostAlloc")
    freeHost = symbols.find("cuMemFreeHost")
    enqueueCopyToDevice = symbols.find("cuMemcpyHtoDAsync_v2")
    enqueueCopyFromDevice = symbols.find("cuMemcpyDtoHAsync_v2")
    enqueueCopy = symbols.find("cuMemcpyDtoDAsync_v2")
    enqueuePeerCopy = symbols.find("cuMemcpyPeerAsync")
    fill = symbols.find("cuMemsetD8Async")
    createStream = symbols.find("cuStreamCreate")
    destroyStream = symbols.find("cuStreamDestroy_v2")
    waitForStream = symbols.find("cuStreamSynchronize")
    launch = symbols.find("cuLaunchKernel")
    createEvent = symbols.find("cuEventCreate")
    destroyEvent = symbols.find("cuEventDestroy_v2")
    record = symbols.find("cuEventRecord")
    recordWithFlags = symbols.find("cuEventRecordWithFlags")
    waitForEvent = symbols.find("cuEventSynchronize")
    queryEvent = symbols.find("cuEventQuery")
    waitOnStream = symbols.find("cuStreamWaitEvent")
    elapsed = symbols.find("cuEventElapsedTime")
    beginCapture = symbols.find("cuStreamBeginCapture_v2")
    endCapture = symbols.find("cuStreamEndCapture")
    instantiate = symbols.find("cuGraphInstantiateWithFlags")
    launchGraph = symbols.find("cuGraphLaunch")
    destroyGraph = symbols.find("cuGraphDestroy")
    destroyInstance = symbols.find("cuGraphExecDestroy")
    // Before functions are held against what is needed, as an old driver lacks some of them because it is old.
    path = library.file(ofFunction: "cuDriverGetVersion") ?? library.name
    isEmulation = library.address(of: "treeline_emulation") != nil
    var version: CInt = 0
    if symbols.missing.isEmpty || !symbols.missing.contains("cuDriverGetVersion") {
      guard driverVersion(&version) == 0 else {
        throw .libraryUnfit(.driver, path: path, problem: "it does not tell its version")
      }
      guard version >= Self.oldest else {
        throw .libraryUnfit(
          .driver, path: path,
          problem: "it runs CUDA \(Self.text(ofVersion: Int(version))) at most; expected 12.0 or later")
      }
    }
    self.version = Int(version)
    try CUDALibrary.driver.finish(symbols)
    let started = start(0)
    guard started == 0 else {
      let result = Self.result(started, errorName, errorString)
      throw .noDevice("cuInit of \(path) failed with \(result)")
    }
  }

  /// The newest CUDA that the driver runs, such as `12.4`.
  public var versionText: String { Self.text(ofVersion: version) }

  static func text(ofVersion version: Int) -> String { "\(version / 1000).\(version % 1000 / 10)" }

  /// Throws where a function failed.
  ///
  /// - Parameters:
  ///   - code: What it returned.
  ///   - function: Its name.
  ///   - purpose: What it was called for, in words.
  /// - Throws: ``CUDAError/call(function:result:purpose:)``.
  func check(_ code: CInt, _ function: String, _ purpose: @autoclosure () -> String) throws(CUDAError) {
    guard code != 0 else { return }
    throw .call(function: function, result: Self.result(code, errorName, errorString), purpose: purpose())
  }

  private static func result(
    _ code: CInt, _ name: @convention(c) (CInt, UnsafeMutablePointer<UnsafePointer<CChar>?>?) -> CInt,
    _ text: @convention(c) (CInt, UnsafeMutablePointer<UnsafePointer<CChar>?>?) -> CInt
  ) -> CUDAResult {
    var (found, sentence): (UnsafePointer<CChar>?, UnsafePointer<CChar>?) = (nil, nil)
    _ = name(code, &found)
    _ = text(code, &sentence)
    return CUDAResult(
      code: code, name: found.map { String(cString: $0) } ?? "an unknown error",
      text: sentence.map { String(cString: $0) } ?? "")
  }

  /// Throws where a compiler is of a later generation than the driver, whose machine code it could not load.
  ///
  /// Within a major version any driver loads code of any compiler ("minor version compatibility", CUDA Compatibility).
  ///
  /// - Throws: ``CUDAError/libraryUnfit(_:path:problem:)``.
  public func checkFits(_ compiler: NVRTCLibrary) throws(CUDAError) {
    guard compiler.major <= version / 1000 else {
      throw .libraryUnfit(
        .nvrtc, path: compiler.path,
        problem: "its version is \(compiler.major).\(compiler.minor), and the driver runs CUDA \(versionText) at most; "
          + "expected NVRTC \(version / 1000)")
    }
  }
}
