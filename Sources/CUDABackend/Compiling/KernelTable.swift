import Foundation
import Quantities

/// The kernels that there are and how each is launched: `kernels.json`.
public struct KernelTable: Sendable {
  /// One argument of a family.
  public struct Argument: Hashable, Sendable, Decodable {
    /// The types of arguments.
    public enum Kind: String, Hashable, Sendable, Decodable, CaseIterable {
      /// An address of device memory.
      case address
      /// A signed integer of 32 bits.
      case int32
      /// A signed integer of 64 bits.
      case int64
      /// A number in single precision.
      case float
    }

    /// Its name.
    public let name: String
    /// Its type.
    public let type: Kind
  }

  /// Kernels that share source, grid and arguments.
  public struct Family: Hashable, Sendable, Decodable {
    /// Its name.
    public let name: String
    /// The file that holds it.
    public let source: String
    /// The arguments, in order.
    public let arguments: [Argument]
    /// The kernels.
    public let instances: [Kernel]
  }

  /// One kernel.
  public struct Kernel: Hashable, Sendable, Decodable {
    /// Its name, as machine code has it.
    public let name: String
    /// The threads of a block.
    public let threads: Int
    /// The dynamic shared memory of a block in bytes.
    public let shared: Int
    /// What is added to it for each split.
    public let perSplit: Int?
    /// The format of the cache.
    public let cache: String?
    /// The format of queries.
    public let queries: String?
    /// The format of what it reads or writes.
    public let element: String?
    /// The head dim.
    public let dim: Int?
    /// The value dim, where it is not the head dim.
    public let valueDim: Int?

    /// The dynamic shared memory of a block with so many splits.
    public func shared(splits: Int) -> Int { shared + (perSplit ?? 0) * splits }
  }

  private struct Document: Decodable {
    let headers: [String]
    let architectures: [String]
    let families: [Family]
  }

  /// The headers that sources include.
  public let headers: [String]
  /// The architectures that kernels are checked for.
  public let architectures: [String]
  /// The families, in the order of the file.
  public let families: [Family]

  /// Reads a table.
  ///
  /// - Parameters:
  ///   - data: The file's bytes.
  ///   - file: Its name, for errors.
  /// - Throws: ``CUDAError/table(file:problem:)``.
  public init(_ data: Data, file: String) throws(CUDAError) {
    let document: Document
    do {
      document = try JSONDecoder().decode(Document.self, from: data)
    } catch {
      throw .table(file: file, problem: Self.describe(error))
    }
    (headers, architectures, families) = (document.headers, document.architectures, document.families)
    var kernels: Set<String> = []
    var names: Set<String> = []
    for family in families {
      guard names.insert(family.name).inserted else {
        throw .table(file: file, problem: "found a second family '\(family.name)', expected one")
      }
      for kernel in family.instances {
        guard kernels.insert(kernel.name).inserted else {
          throw .table(file: file, problem: "found a second kernel '\(kernel.name)', expected one")
        }
        guard (32...1024).contains(kernel.threads), kernel.threads % 32 == 0 else {
          throw .table(
            file: file, problem: "'\(kernel.name)' has \(kernel.threads) threads, expected a multiple of 32 up to 1024")
        }
        guard kernel.shared >= 0, (kernel.perSplit ?? 0) >= 0 else {
          throw .table(file: file, problem: "'\(kernel.name)' has shared memory below zero")
        }
      }
    }
    guard !families.isEmpty else { throw .table(file: file, problem: "found no families, expected some") }
  }

  /// Every kernel with its family, in the order of the file.
  public var kernels: [(family: Family, kernel: Kernel)] {
    families.flatMap { family in family.instances.map { (family, $0) } }
  }

  /// The sources, sorted.
  public var sources: [String] { Set(families.map(\.source)).sorted() }

  /// A kernel and its family by its name; nil where there is none.
  public func find(_ name: String) -> (family: Family, kernel: Kernel)? { kernels.first { $0.kernel.name == name } }

  private static func describe(_ error: any Error) -> String {
    func place(_ path: [any CodingKey]) -> String {
      path.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }.joined().drop { $0 == "." }.description
    }
    switch error {
    case DecodingError.keyNotFound(let key, let context):
      return "\(place(context.codingPath)): found no '\(key.stringValue)', which is required"
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
      return "\(place(context.codingPath)): \(context.debugDescription)"
    case DecodingError.dataCorrupted(let context):
      return context.codingPath.isEmpty ? "not JSON" : "\(place(context.codingPath)): \(context.debugDescription)"
    default: return "\(error)"
    }
  }
}
