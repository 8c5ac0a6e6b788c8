extension ProgramMutator {
  /// The ends of a message become work that does nothing, so that everything else runs as before.
  func droppingMessage(_ generator: inout some RandomNumberGenerator) -> Change? {
    guard let message = usefulMessages.filter(isNew).randomElement(using: &generator) else { return nil }
    let ends = program.messages[message]
    var copy = program
    copy.removeMessage(message)
    return ("\(program.place(ends.send)) and its receive #\(ends.receive) do not take place", copy)
  }

  /// Two messages of one size that carry different things change their receives.
  func exchangingMessages(toOneRank: Bool, _ generator: inout some RandomNumberGenerator) -> Change? {
    let messages = usefulMessages
    for first in messages.shuffled(using: &generator) {
      let partners = messages.filter { isExchangeable(first, $0, toOneRank: toOneRank) }
      guard let second = partners.randomElement(using: &generator) else { continue }
      let ends = (program.messages[first], program.messages[second])
      var copy = program
      copy.messages[first].to = ends.1.to
      copy.messages[first].receive = ends.1.receive
      copy.messages[second].to = ends.0.to
      copy.messages[second].receive = ends.0.receive
      copy.subjects[Int(ends.1.receive)] = Int32(first)
      copy.subjects[Int(ends.0.receive)] = Int32(second)
      return (
        """
        \(program.place(ends.0.send)) arrives at \(program.place(ends.1.receive)), whose message arrives at \
        \(program.place(ends.0.receive))
        """, copy
      )
    }
    return nil
  }

  private func isExchangeable(_ first: Int, _ second: Int, toOneRank: Bool) -> Bool {
    let ends = (program.messages[first], program.messages[second])
    guard first != second, !areAlike(first, second), (ends.0.to == ends.1.to) == toOneRank,
      ends.0.bytes == ends.1.bytes, ends.0.from != ends.1.to, ends.1.from != ends.0.to
    else { return false }
    return slice(of: ends.0.send).count == slice(of: ends.1.send).count
  }
}
