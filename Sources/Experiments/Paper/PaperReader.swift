import Configuration
import Quantities
import Topologies

/// Reads the fields that several kinds of experiment have.
struct PaperReader {
  let library: InputLibrary

  /// The file of an experiment that a field names.
  func document(_ field: Field) throws -> Document {
    let name = try field.string()
    return try found(field, "experiment", name) { try library.papers.load(name) }
  }

  /// The topology that a field names.
  func topology(_ field: Field) throws -> ResolvedTopology {
    let name = try field.string()
    return try found(field, "topology", name) { try ResolvedTopology(name, from: library) }
  }

  /// The model that a field names.
  func model(_ field: Field) throws -> ResolvedModel {
    let name = try field.string()
    return try found(field, "model", name) { try ResolvedModel(name, from: library) }
  }

  /// A file that is not there is a fault of the field that names it.
  private func found<Value>(_ field: Field, _ noun: String, _ name: String, _ load: () throws -> Value) throws -> Value
  {
    do {
      return try load()
    } catch let error as MissingConfiguration where error.name == name {
      let nearest = error.nearest.map { "; did you mean '\($0)'?" } ?? ""
      let available = error.available.isEmpty ? "" : " (there are: \(error.available.joined(separator: ", ")))"
      throw field.error("no \(noun) '\(name)'\(nearest)\(available)")
    }
  }

  /// A number of ranks that a cluster has, two at least.
  func ranks(_ field: Field, of topology: ResolvedTopology) throws -> Int {
    try field.integer(in: 2...max(2, topology.topology.deviceCount))
  }

  /// A number of tokens of which every rank has some: one without any would pass on nothing.
  func tokens(_ field: Field, on ranks: Int) throws -> Int {
    let tokens = try field.quantity(TokenCount.self, in: TokenCount(1)...TokenCount(1_000_000_000)).count
    guard tokens >= ranks else {
      throw field.error("found \(tokens), expected a token at least for each of \(ranks) GPUs")
    }
    return tokens
  }

  /// Checks that a step is none that is too large to be simulated, by which a mapping would be to blame.
  func check(_ mapping: FieldMapping, _ experiment: StepExperiment) throws {
    do {
      try experiment.validate([.tree, .ring])
    } catch {
      throw mapping.field.error("can't be simulated: \(error)")
    }
  }

  /// Link classes of a topology, by their names.
  func links(_ field: Field, of topology: ResolvedTopology) throws -> [String] {
    let names = topology.topology.graph.linkClasses.map(\.name)
    let fields = try field.list()
    guard !fields.isEmpty else { throw field.error("found no link class, expected one at least") }
    return try fields.map { try $0.name(among: names, noun: "link class") }
  }

  /// The items of a list that may not be empty.
  func items(_ field: Field, _ noun: String) throws -> [Field] {
    let items = try field.list()
    guard !items.isEmpty else { throw field.error("found no \(noun), expected one at least") }
    return items
  }

  /// A parameter's prior.
  func prior<Value: Quantity>(_ field: Field, _ type: Value.Type) throws -> ParameterPrior {
    let mapping = try field.mapping(allowed: ["median", "sigma", "source"])
    return ParameterPrior(
      median: try mapping.required("median").quantity(Value.self).baseUnits,
      sigma: try mapping.required("sigma").number(in: 0.01...10), source: try mapping.required("source").string())
  }

  /// How many ways bytes could take that take one.
  func ways(_ field: Field, links: [String]) throws -> ParallelWays {
    let mapping = try field.mapping(allowed: ["count", "source"])
    return ParallelWays(
      links: links, count: try mapping.required("count").integer(in: 2...1024),
      source: try mapping.required("source").string())
  }

  /// How near a simulated figure should be to the published one.
  func goal(_ field: Field) throws -> ReproductionGoal {
    let text = try field.string()
    if text == ReproductionGoal.standardErrorName { return .standardError }
    let (number, rest) = NumberText.split(text)
    guard let number, rest == "%", number > 0, number <= 100 else {
      throw field.error(
        "found '\(text)', expected a share such as '5 %', or '\(ReproductionGoal.standardErrorName)'"
          + NearestName.suggestion(for: text, among: [ReproductionGoal.standardErrorName]))
    }
    return .relative(number / 100)
  }
}
