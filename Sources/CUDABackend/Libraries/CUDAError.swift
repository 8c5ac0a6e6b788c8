import Quantities

/// Why something on a device could not be done.
public enum CUDAError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A library can't be loaded: what the loader says of each place that was tried.
  case libraryMissing(CUDALibrary, tried: [String])
  /// A library is there and can't be used: its file, and what is wrong with it.
  case libraryUnfit(CUDALibrary, path: String, problem: String)
  /// There is no device to use: what was found.
  case noDevice(String)
  /// A function of a library failed; where, and what it was for.
  case call(function: String, result: CUDAResult, purpose: String)
  /// A device had too little memory.
  case outOfMemory(asked: Bytes, free: Bytes?, purpose: String)
  /// A device can't be reached any more.
  case deviceLost(String)
  /// The compiler does not know an architecture.
  case architecture(String, known: [String], compiler: String)
  /// A table of kernels is wrong: its file, and what is wrong with it.
  case table(file: String, problem: String)
  /// A kernel does not compile: the compiler's log.
  case compilation(source: String, architecture: String, log: String)
  /// A program asks for what there are no kernels for, or can't run: where, and what.
  case program(String)
  /// A whole step gives a wrong result, on its own or once more after it was timed.
  case wrongStep(String, problem: String)
  /// A function of NCCL failed, or it found an error later on; where, and what it was for.
  case collective(function: String, result: CUDAResult, purpose: String)
  /// The device's clock shows no time, or less than none, for what was timed.
  case silentClock(String)
  /// What was put on streams has not ended in time.
  case late(purpose: String, limit: Seconds)
  /// What a collective or a copy between memories has moved is wrong.
  case wrongTransfer(String, problem: String)
  /// A kernel gives a wrong result.
  case wrongResult(kernel: String, problem: String)

  /// A rank of another process can't go on, and has told why.
  case elsewhere(rank: Int, kind: Kind, error: String)

  /// Whose fault it is, as exit codes tell it.
  public enum Kind: String, Hashable, Sendable {
    /// Something that this machine lacks.
    case unavailable
    /// A bug of ours.
    case bug
    /// A wrong file.
    case badInput
  }

  /// Whose fault it is.
  public var kind: Kind {
    switch self {
    case .libraryMissing, .libraryUnfit, .noDevice, .outOfMemory, .deviceLost, .architecture: .unavailable
    case .late, .silentClock: .unavailable
    case .call(_, let result, _): result.isOfKernel ? .bug : .unavailable
    case .collective(_, let result, _): result.isWrongUseOfNCCL ? .bug : .unavailable
    case .compilation, .wrongResult, .program, .wrongStep, .wrongTransfer: .bug
    case .table: .badInput
    case .elsewhere(_, let kind, _): kind
    }
  }

  /// What was found, and what was expected.
  public var description: String {
    switch self {
    case .libraryMissing(let library, let tried):
      "\(library.rawValue) can't be loaded: \(tried.joined(separator: "; ")); \(library.remedy)"
    case .libraryUnfit(let library, let path, let problem):
      "\(library.rawValue) at \(path) can't be used: \(problem); \(library.remedy)"
    case .noDevice(let found):
      "no CUDA device can be used: \(found); 'nvidia-smi' must list one, and CUDA_VISIBLE_DEVICES must not hide it"
    case .call(let function, let result, let purpose), .collective(let function, let result, let purpose):
      "\(purpose): \(function) failed with \(result)"
    case .outOfMemory(let asked, let free, let purpose):
      "\(purpose): the device has no \(asked) of memory left"
        + (free.map { ", only \($0)" } ?? "") + "; ask for smaller sizes, or end what else runs on it"
    case .deviceLost(let during):
      "\(during): the device was lost: NVML reaches it no more; 'dmesg' should tell an Xid, and it needs a reset or a "
        + "restart of the machine"
    case .architecture(let name, let known, let compiler):
      "no architecture '\(name)' for \(compiler)\(NearestName.suggestion(for: name, among: known)) (it knows "
        + "\(known.joined(separator: ", ")))"
    case .table(let file, let problem): "\(file): \(problem)"
    case .compilation(let source, let architecture, let log): "\(source) does not compile for \(architecture):\n\(log)"
    case .program(let problem): "the program can't run on the device: \(problem)"
    case .wrongStep(let step, let problem): "the step \(step) gives a wrong result: \(problem)"
    case .silentClock(let what):
      "timing \(what): the clock does not tell: the time between two events of the device is zero or below; take a larger size"
    case .late(let purpose, let limit):
      "\(purpose): not done within \(limit): a device or a rank is stuck or slow; NCCL_DEBUG=INFO tells what NCCL does, and "
        + "--timeout, or --mpi-timeout over MPI, allows longer"
    case .wrongTransfer(let what, let problem): "\(what) gives a wrong result: \(problem)"
    case .elsewhere(let rank, _, let error): "rank \(rank) can't go on: \(error)"
    case .wrongResult(let kernel, let problem): "the kernel \(kernel) gives a wrong result: \(problem)"
    }
  }
}
