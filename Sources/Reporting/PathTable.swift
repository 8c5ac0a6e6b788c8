import Quantities
import Simulation

/// A critical path as a table: a line for each stretch, or for each run of like ones.
struct PathTable {
  let fold: PathFold
  let makespan: Seconds

  /// The table, line by line.
  var lines: [String] {
    var table = TextTable(columns: ["what, ranks, links", "x", "start", "takes", "share", "mostly"])
    var heading: (text: String, index: Int32)?
    for block in fold.blocks {
      guard let (first, last) = Self.ends(of: block) else { continue }
      let text = Self.region(of: block, first, last)
      // Regions that follow one another may have one name, as two sums have.
      if text != heading?.text || first.regionIndex != heading?.index {
        table.addHeading(text.isEmpty ? "outside named parts" : text)
      }
      heading = (text, last.regionIndex)
      for line in block.lines { table.add(cells(of: line)) }
    }
    return table.lines
  }

  private func cells(of line: PathFold.Line) -> [String] {
    guard let first = line.steps.first else { return [] }
    let count = line.steps.count
    let share = makespan > .zero ? line.duration / makespan : 0
    return [
      "  " + Self.what(line), count > 1 ? "\(count)" : "", first.start.description,
      line.duration.description, NumberText.format(100 * share, decimals: 1) + " %",
      first.kind.resource?.description ?? "",
    ]
  }

  /// The first and the last stretch of a block.
  private static func ends(of block: PathFold.Block) -> (PathStep, PathStep)? {
    guard let first = block.lines.first?.steps.first, let last = block.lines.last?.steps.last else { return nil }
    return (first, last)
  }

  /// The name of the region of a block, how many of that name it runs through, or the first and the last.
  private static func region(of block: PathFold.Block, _ first: PathStep, _ last: PathStep) -> String {
    guard first.region == last.region else { return "\(first.region) to \(last.region)" }
    let count = Set(block.lines.flatMap { $0.steps.map(\.regionIndex) }).count
    return count > 1 ? "\(first.region), \(count) times" : first.region
  }

  /// What a line does: a kernel with its ranks, or a message with its size, ranks and links.
  private static func what(_ line: PathFold.Line) -> String {
    guard let first = line.steps.first else { return "" }
    if let action = first.kind.action { return "\(action), \(ranks(line.steps.map(\.from)))" }
    let sizes = line.steps.compactMap(\.bytes)
    let size = sizes.min().flatMap { least in
      sizes.max().map { most in least == most ? "\(least)" : "\(least) to \(most)" }
    }
    var links: [String] = []
    for link in first.kind.links where !links.contains(link) { links.append(link) }
    return "\(size ?? ""), \(hops(line.steps)), \(links.joined(separator: " + "))\(others(line.steps))"
  }

  /// After how many others their senders posted messages.
  private static func others(_ steps: [PathStep]) -> String {
    guard let least = steps.map(\.postedAfter).min(), let most = steps.map(\.postedAfter).max(), most > 0 else {
      return ""
    }
    let count = least == most ? "\(most)" : "\(least) to \(most)"
    return ", after \(count) \(most == 1 ? "other" : "others")"
  }

  private static func ranks(_ ranks: [Int]) -> String {
    var distinct: [Int] = []
    for rank in ranks where distinct.count < 3 && !distinct.contains(rank) { distinct.append(rank) }
    let names = distinct.prefix(2).map(String.init).joined(separator: ", ")
    return (distinct.count == 1 ? "rank " : "ranks ") + names + (distinct.count > 2 ? ", …" : "")
  }

  /// The ranks of messages: one hop, a chain from rank to rank, or the first of several.
  private static func hops(_ steps: [PathStep]) -> String {
    guard let first = steps.first, let last = steps.last else { return "" }
    if steps.allSatisfy({ $0.from == first.from && $0.to == first.to }) { return "\(first.from) → \(first.to)" }
    let isChain = zip(steps, steps.dropFirst()).allSatisfy { $0.to == $1.from }
    if isChain {
      return steps.count == 2
        ? "\(first.from) → \(first.to) → \(last.to)" : "\(first.from) → \(first.to) → … → \(last.to)"
    }
    return "\(first.from) → \(first.to) … \(last.from) → \(last.to)"
  }
}
