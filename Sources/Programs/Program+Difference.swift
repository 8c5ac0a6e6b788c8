extension Program {
  /// What another program that was made of this one by a small change does otherwise: its lines beside this one's, with
  /// the slices that they use.
  ///
  ///     - rank 1 #7 send 64 B to rank 2 after #3; reads 'state' of rank 1, 0 to 15
  ///     + rank 1 #7 send 64 B to rank 2 after #3; reads 'state' of rank 1, 4 to 19
  public func difference(to other: Program) -> [String] {
    if count == other.count {
      return (0..<count).flatMap { operation -> [String] in
        let (own, others) = (fullLine(operation), other.fullLine(operation))
        return own == others ? [] : ["- \(own)", "+ \(others)"]
      }
    }
    // An operation more: what comes after it only has another number.
    let first = (0..<min(count, other.count)).first { fullLine($0) != other.fullLine($0) } ?? min(count, other.count)
    return count < other.count ? ["+ \(other.fullLine(first))"] : ["- \(fullLine(first))"]
  }

  private func fullLine(_ operation: Int) -> String {
    let uses = accesses(of: operation).map { slice, access in
      let verb =
        switch access {
        case .read: "reads"
        case .write: "writes"
        case .update: "updates"
        }
      let elements = slice.count > 0 ? "\(slice.offset) to \(slice.offset + slice.count - 1)" : "nothing"
      return "\(verb) \(name(of: slice.buffer)), \(elements)"
    }
    var text = "rank \(ranks[operation]) \(line(ofOperation: operation))" + uses.map { "; \($0)" }.joined()
    if kinds[operation] == .send { text += "; received by #\(messages[Int(subjects[operation])].receive)" }
    return text
  }
}
