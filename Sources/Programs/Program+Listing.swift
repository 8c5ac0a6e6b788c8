import Quantities

extension Program {
  /// The operations of one rank, a line each, as a person would read them:
  ///
  ///     #12 compute attend (4.194 GFLOP, 1.074 GB), causal, queries 96-127 to keys 32-63 after #3
  ///     #13 send 32 B to rank 4, all-reduce max
  ///
  /// - Parameter rank: The rank.
  public func listing(ofRank rank: Int) -> [String] {
    (0..<count).filter { ranks[$0] == Int32(rank) }.map(line(ofOperation:))
  }

  /// One operation in a line.
  public func line(ofOperation index: Int) -> String {
    let subject = Int(subjects[index])
    var text = "#\(index) \(kinds[index]) "
    switch kinds[index] {
    case .compute:
      let kernel = kernels[subject]
      text += "\(kernel.action.name) (\(kernel.flops), \(kernel.bytes))"
      if let attention = attention(of: OperationID(Int32(index))) { text += ", \(attention)" }
    case .send:
      text += "\(Bytes(messages[subject].bytes)) to rank \(messages[subject].to)"
    case .receive:
      text += "\(Bytes(messages[subject].bytes)) from rank \(messages[subject].from)"
    case .allocate, .free:
      text += "\(labels[Int(buffers[subject].label)]), \(buffers[subject].bytes)"
    }
    let region = regionIndices[index]
    if region >= 0 { text += ", " + regions[Int(region)].name }
    let after = dependencies(of: OperationID(Int32(index)))
    if !after.isEmpty { text += " after " + after.map { "#\($0)" }.joined(separator: " ") }
    return text
  }
}
