/// Indices by the groups that they belong to, in rising order within a group: a counting sort that holds 4 bytes for
/// each membership.
struct TraceGroups {
  private let starts: [Int]
  private let members: [Int32]

  /// Groups the indices below a count.
  ///
  /// - Parameters:
  ///   - groups: The number of groups.
  ///   - count: The number of indices.
  ///   - visit: Names the groups of an index by calling its second argument with each; called twice for each index.
  init(groups: Int, count: Int, visit: (_ index: Int, _ name: (Int) -> Void) -> Void) {
    var starts = [Int](repeating: 0, count: groups + 1)
    for index in 0..<count { visit(index) { starts[$0 + 1] += 1 } }
    for group in 0..<groups { starts[group + 1] += starts[group] }
    var fill = starts
    var members = [Int32](repeating: 0, count: starts[groups])
    for index in 0..<count {
      visit(index) { group in
        members[fill[group]] = Int32(index)
        fill[group] += 1
      }
    }
    self.starts = starts
    self.members = members
  }

  /// The indices of a group.
  subscript(group: Int) -> ArraySlice<Int32> { members[starts[group]..<starts[group + 1]] }
}
