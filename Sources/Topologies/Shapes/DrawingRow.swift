/// A row of a drawing.
enum DrawingRow: Hashable, Sendable {
  /// A layer of equal parts, drawn as a box.
  case box(String)
  /// The cables between the box above and the box below.
  case cables(String)
}
