/// The order of ranks in recursive halving and doubling over p ranks: who is folded away, and who owns what.
///
/// With q the largest power of two at most p and r = p − q, ranks 0 to 2r−1 form pairs of which the even rank hands
/// everything to the odd one and waits; the q ranks left are numbered anew. At step t rank v exchanges with v xor 2^t
/// and keeps the lower half where its bit t is 0: near ranks exchange the large halves, and v ends with the chunk whose
/// number is v with its log₂ q bits reversed (Thakur, Rabenseifner and Gropp, IJHPCA 2005, section 4.4).
struct HalvingOrder {
  /// The number of ranks.
  let count: Int

  /// The largest power of two that is at most p.
  var active: Int { 1 << steps }

  /// log₂ of ``active``.
  var steps: Int { Int.bitWidth - 1 - count.leadingZeroBitCount }

  /// The number of ranks folded away, r.
  var folded: Int { count - active }

  /// The new number of a member; nil for one that is folded away.
  func number(_ member: Int) -> Int? {
    guard member < 2 * folded else { return member - folded }
    return member.isMultiple(of: 2) ? nil : member / 2
  }

  /// The member with a new number.
  func member(_ number: Int) -> Int {
    number < folded ? 2 * number + 1 : number + folded
  }

  /// The units that a numbered rank keeps after some steps of halving: piece j of 2^steps, where j is the first bits of
  /// its number in reverse.
  func kept(_ number: Int, after steps: Int, of units: Int) -> Range<Int> {
    var piece = 0
    for step in 0..<steps { piece = piece << 1 | (number >> step & 1) }
    return Chunks(of: units, count: 1 << steps)[piece]
  }
}
