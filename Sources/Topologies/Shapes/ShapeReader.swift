import Configuration

/// The kinds of shape, by the name that files use.
enum ShapeReader {
  private typealias Reader = @Sendable (Field, ShapeContext) throws(ConfigurationError) -> any Shape

  private static let readers: [(kind: String, read: Reader)] = [
    ("switch", { field, context throws(ConfigurationError) in try SwitchShape(reading: field, in: context) }),
    ("full-mesh", { field, context throws(ConfigurationError) in try FullMeshShape(reading: field, in: context) }),
    ("ring", { field, context throws(ConfigurationError) in try RingShape(reading: field, in: context) }),
    ("torus", { field, context throws(ConfigurationError) in try TorusShape(reading: field, in: context) }),
    ("fat-tree", { field, context throws(ConfigurationError) in try FatTreeShape(reading: field, in: context) }),
    ("tree", { field, context throws(ConfigurationError) in try FanOutTreeShape(reading: field, in: context) }),
    ("dragonfly", { field, context throws(ConfigurationError) in try DragonflyShape(reading: field, in: context) }),
    ("pcie-tree", { field, context throws(ConfigurationError) in try PCIeTreeShape(reading: field, in: context) }),
    ("graph", { field, context throws(ConfigurationError) in try GraphShape(reading: field, in: context) }),
  ]

  /// Reads a shape by its `kind`.
  ///
  /// - Returns: nil for `kind: none`.
  /// - Throws: ``ConfigurationError`` at the first thing wrong.
  static func read(_ field: Field, in context: ShapeContext) throws(ConfigurationError) -> (any Shape)? {
    let kindField = try field.mapping().required("kind")
    let noun = context.place == .scaleUp ? "scale-up kind" : "fabric kind"
    let kind = try kindField.name(among: readers.map(\.kind) + ["none"], noun: noun)
    guard let reader = readers.first(where: { $0.kind == kind }) else {
      _ = try field.mapping(allowed: ["kind"])
      return nil
    }
    let shape = try reader.read(field, context)
    guard shape.linkCount <= context.limits.links else {
      throw field.error("found a shape of \(shape.linkCount) directed links, expected at most \(context.limits.links)")
    }
    return shape
  }
}
