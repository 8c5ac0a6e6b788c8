extension Program {
  /// For every region the outermost one around it, itself among them, that is an all-reduce over all ranks, so that one call
  /// to a library can do all of it; nil where there is none.
  ///
  /// An all-reduce over some of the ranks stays with its messages: a library's call is one of all ranks.
  ///
  /// - Parameter isWanted: Whether the library does such a reduction.
  /// - Returns: An index into ``regions`` for each of them.
  public func wholeReductions(where isWanted: (RegionReduction) -> Bool = { _ in true }) -> [Int?] {
    let all = Set(0..<Int32(worldSize))
    let isReplaced = regions.map { region in
      guard let reduction = region.reduction, reduction.slices.count == worldSize else { return false }
      return Set(reduction.slices.map { buffers[Int($0.buffer.index)].rank }) == all && isWanted(reduction)
    }
    return regions.indices.map { region -> Int? in
      var (outermost, next): (Int?, Int?) = (nil, region)
      while let place = next {
        if isReplaced[place] { outermost = place }
        next = regions[place].parent.map { Int($0) }
      }
      return outermost
    }
  }
}
