import CPUNumerics
import Configuration
import Foundation

/// Compiles the kernels by NVRTC, or takes what was compiled before.
public struct KernelCompiler: Sendable {
  /// The kernels.
  public let sources: KernelSources
  /// The compiler.
  public let compiler: NVRTCLibrary
  /// What was compiled before.
  public let cache: KernelCache

  /// Creates a compiler.
  public init(sources: KernelSources, compiler: NVRTCLibrary, cache: KernelCache) {
    self.sources = sources
    self.compiler = compiler
    self.cache = cache
  }

  /// Compiles one source with all its kernels.
  ///
  /// - Parameters:
  ///   - source: The name of the source.
  ///   - architecture: Such as `sm_90a`.
  /// - Throws: ``CUDAError``: `architecture`, `compilation`, or `table` where the source has not the kernels that the table
  ///   says; ``KernelCacheError``.
  public func compile(_ source: String, for architecture: String) throws -> CompiledSource {
    guard compiler.knows(architecture) else {
      throw CUDAError.architecture(architecture, known: compiler.architectures, compiler: compiler.title)
    }
    let text = sources.texts[source] ?? ""
    let options = ["--gpu-architecture=\(architecture)", "--std=c++17", "--ptxas-options=-v"]
    let key = key(source, text, options)
    var output = cache.load(key)
    let isCached = output != nil
    var resources = output.flatMap { KernelResources.read(log: $0.log) }
    if output == nil || resources == nil {
      let compiled = try compiler.compile(
        text, name: source, headers: sources.headers, options: options, architecture: architecture)
      try cache.save(compiled, key, source: source, architecture: architecture, compiler: compiler.title)
      output = compiled
      resources = KernelResources.read(log: compiled.log)
    }
    guard let output, let resources else {
      throw CUDAError.compilation(
        source: source, architecture: architecture,
        log: "\(compiler.title) prints no registers of its kernels that are understood:\n\(output?.log ?? "")")
    }
    let declared = Set(sources.table.families.filter { $0.source == source }.flatMap { $0.instances.map(\.name) })
    let found = Set(resources.map(\.kernel))
    guard declared == found else {
      throw CUDAError.table(
        file: sources.folder + "/" + KernelSources.tableName,
        problem: "it and \(source) differ by \(declared.symmetricDifference(found).sorted().joined(separator: ", "))")
    }
    return CompiledSource(
      source: source, architecture: architecture, code: output.code, resources: resources, isCached: isCached)
  }

  /// Compiles every source for every architecture.
  ///
  /// - Parameters:
  ///   - architectures: Such as `sm_90a`.
  ///   - jobs: The most threads.
  ///   - progress: Called after each, from any thread.
  /// - Throws: What the first one that fails throws, in the order of sources and architectures.
  public func compileAll(
    for architectures: [String], jobs: Int, progress: @Sendable () -> Void = {}
  ) throws -> [CompiledSource] {
    let work = sources.table.sources.flatMap { source in architectures.map { (source, $0) } }
    return try ParallelLoop(jobs: jobs).map(work.count) { index in
      let result = Result { try compile(work[index].0, for: work[index].1) }
      progress()
      return result
    }.map { try $0.get() }
  }

  /// A hash of all that machine code is made from.
  private func key(_ source: String, _ text: String, _ options: [String]) -> String {
    let parts =
      [compiler.title, compiler.path.split(separator: "/").last.map(String.init) ?? "", source, text] + options
      + sources.headers.flatMap { [$0.name, $0.text] }
    // Lengths first, so that no two lists of texts run together into one.
    return ContentHash.sha256(parts.map { "\($0.utf8.count):\($0)" }.joined())
  }
}

/// A source that was compiled.
public struct CompiledSource: Sendable {
  /// The name of the source.
  public let source: String
  /// What it was compiled for.
  public let architecture: String
  /// The machine code.
  public let code: [UInt8]
  /// What its kernels take.
  public let resources: [KernelResources]
  /// Whether it was compiled before.
  public let isCached: Bool
}
