import Foundation
import Testing

/// The modules stand on one another in one direction, and none ends the program on its own.
@Suite struct ModuleTests {
  /// A module imports only modules of lower floors.
  static let floors = [
    "Quantities": 0, "Libraries": 0, "Configuration": 1, "Fitting": 1, "Devices": 2, "Workloads": 2, "Programs": 2,
    "Machines": 2, "Measurements": 2,
    "Topologies": 3, "KernelModels": 3, "CollectiveModels": 3,
    "Simulation": 4,
    "Collectives": 4, "Attention": 5, "ResultStore": 5, "Scenarios": 5, "CPUNumerics": 6,
    "Experiments": 7, "MPIRanks": 7, "CUDABackend": 7, "Reporting": 8, "treeline": 9,
  ]

  /// What else a module may not import, though it is lower.
  static let forbidden: [String: Set<String>] = [
    // The simulator knows nothing of attention, and collectives are not only attention's.
    "Simulation": ["Workloads", "Configuration"], "Collectives": ["Workloads", "Configuration"],
    // A record is names, texts and numbers.
    "ResultStore": ["Configuration", "Devices", "Workloads", "Programs", "Topologies", "Simulation", "Collectives"],
    "Programs": ["Configuration"],
    // What a step meets does not depend on what the step does.
    "Scenarios": ["Workloads", "Programs", "Collectives"],
    // Kernels on a device know nothing of clusters.
    "CUDABackend": ["Simulation", "Collectives", "Attention", "Topologies", "ResultStore"],
    // What carries messages does not know what they are for.
    "MPIRanks": ["Attention", "Collectives", "Simulation", "Workloads", "Experiments"],
  ]

  /// Modules of others, and who may import them: each has one home.
  static let others: [String: Set<String>] = [
    "Yams": ["Configuration"], "GRDB": ["ResultStore"], "GRDBSQLite": ["ResultStore"], "ArgumentParser": ["treeline"],
    "Logging": ["treeline"], "Dispatch": ["treeline", "CPUNumerics"], "CZlib": ["Reporting"],
    "OrderedCollections": ["Simulation"],
    "RealModule": ["Simulation", "CPUNumerics", "Fitting", "KernelModels", "CollectiveModels", "Experiments"],
    "Synchronization": ["Experiments", "treeline", "CPUNumerics"],
    "CMPI": ["MPIRanks"],
    "CAttention": ["CPUNumerics"], "CLoader": ["Libraries"], "CNCCL": ["CUDABackend"],
    "Glibc": ["CPUNumerics", "Libraries"], "Musl": ["CPUNumerics", "Libraries"],
    "Darwin": ["CPUNumerics", "Libraries"],
    "FoundationXML": ["Machines"],
    "Foundation": ["Configuration", "Machines", "CUDABackend", "ResultStore", "Experiments", "Reporting", "treeline"],
  ]

  /// The module that a line imports; nil for any other line.
  static func imported(by line: some StringProtocol) -> String? {
    var words = String(line).split(separator: " ").map { String($0) }
    while let first = words.first, first.hasPrefix("@") || ["public", "package", "internal", "private"].contains(first)
    {
      words.removeFirst()
    }
    guard words.first == "import", words.count > 1 else { return nil }
    let kinds: Set<String> = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias", "actor"]
    let name = kinds.contains(words[1]) && words.count > 2 ? words[2] : words[1]
    return name.split(separator: ".").first.map { String($0) }
  }

  @Test("Imports point down")
  func importsPointDown() throws {
    var count = 0
    for (module, file, lines) in try Repository.sources() {
      guard let floor = Self.floors[module] else {
        Issue.record("\(file): the module \(module) has no floor; give it one in ModuleTests")
        continue
      }
      for (index, line) in lines.enumerated() {
        guard let name = Self.imported(by: line) else { continue }
        count += 1
        let place = "\(file):\(index + 1): \(module) imports \(name)"
        if let other = Self.floors[name] {
          #expect(other < floor, "\(place), which is on floor \(other), not below \(floor)")
          #expect(Self.forbidden[module]?.contains(name) != true, "\(place), of which it must know nothing")
        } else {
          #expect(Self.others[name]?.contains(module) == true, "\(place), which is not among its modules")
        }
      }
    }
    #expect(count > 200, "too few imports were found to say anything")
  }

  @Test("The reading of imports tells them from other lines")
  func readingOfImports() {
    #expect(Self.imported(by: "import Quantities") == "Quantities")
    #expect(Self.imported(by: "@testable import Reporting") == "Reporting")
    #expect(Self.imported(by: "public import struct Quantities.Bytes") == "Quantities")
    #expect(Self.imported(by: "  import Foundation  // for files") == "Foundation")
    #expect(Self.imported(by: "/// import Quantities") == nil)
    #expect(Self.imported(by: "let important = 1") == nil)
  }

  @Test("Nothing in the sources ends the program")
  func nothingTraps() throws {
    for (_, file, lines) in try Repository.sources() {
      for (index, line) in lines.enumerated() where !line.drop(while: { $0 == " " }).hasPrefix("//") {
        for trap in ["fatalError(", "preconditionFailure(", "try!", "exit(", "abort("] {
          #expect(!Self.calls(trap, in: line), "\(file):\(index + 1): \(trap)")
        }
      }
    }
  }

  /// Whether a line has a word that is not the tail of another, as `exit(` is of `didExit(`.
  private static func calls(_ word: String, in line: Substring) -> Bool {
    line.ranges(of: word).contains { range in
      guard range.lowerBound > line.startIndex else { return true }
      let before = line[line.index(before: range.lowerBound)]
      return !(before.isLetter || before.isNumber || before == "_")
    }
  }
}
