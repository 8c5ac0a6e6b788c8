/// Matrix products by OpenBLAS, row after row, on the calling thread.
///
/// OpenBLAS's number of threads belongs to the process: changed around each call it would change under a call on another
/// thread. So it is set to one once, before the first product, and stays; the callers' threads each compute their own
/// products. Nothing else in this process uses the library.
public struct MatrixProducts: Sendable {
  private let library: OpenBLASLibrary

  /// What the library says of itself: version, options and the processor that its loops are for.
  public var configuration: String { library.configuration }
  /// The name of the processor that the library's loops are for.
  public var kernel: String { library.kernel }
  /// The file that holds the library.
  public var path: String { library.path }

  /// The library, opened when it is first asked for and tried once: it must give the products of ``selfTest`` as plain
  /// loops give them.
  ///
  /// - Parameter path: The file to open, tried anew each time; nil for what the system's loader finds.
  /// - Throws: ``FastAttentionError`` when the library is missing, unfit or wrong.
  public static func checked(path: String? = nil) throws(FastAttentionError) -> MatrixProducts {
    guard let path else { return try found.get() }
    return try MatrixProducts(path: path)
  }

  private static let found = Result<MatrixProducts, FastAttentionError> { () throws(FastAttentionError) in
    try MatrixProducts(path: nil)
  }

  private init(path: String?) throws(FastAttentionError) {
    library = try OpenBLASLibrary(path: path)
    try selfTest()
  }

  /// c = a·bᵀ, with a of rows × depth, b of columns × depth.
  package func timesTransposed(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, rows: Int, columns: Int, depth: Int,
    into c: UnsafeMutablePointer<Float>, stride: Int
  ) {
    library.singleProduct(
      OpenBLASLibrary.Layout.rowMajor, OpenBLASLibrary.Layout.asIs, OpenBLASLibrary.Layout.transposed, CInt(rows),
      CInt(columns), CInt(depth), 1, a, CInt(depth), b, CInt(depth), 0, c, CInt(stride))
  }

  /// c += a·b, with a of rows × depth in rows of `stride`, b of depth × columns.
  package func addProduct(
    _ a: UnsafePointer<Float>, stride: Int, _ b: UnsafePointer<Float>, rows: Int, columns: Int, depth: Int,
    to c: UnsafeMutablePointer<Float>
  ) {
    library.singleProduct(
      OpenBLASLibrary.Layout.rowMajor, OpenBLASLibrary.Layout.asIs, OpenBLASLibrary.Layout.asIs, CInt(rows),
      CInt(columns), CInt(depth), 1, a, CInt(stride), b, CInt(columns), 1, c, CInt(columns))
  }

  /// Sets both products beside plain loops, on shapes that no block size divides.
  private func selfTest() throws(FastAttentionError) {
    for (rows, columns, depth) in [(1, 1, 1), (5, 7, 3), (37, 41, 29), (130, 67, 129)] {
      let a = (0..<rows * depth).map { Float($0 * 7 % 23 - 11) / 8 }
      let b = (0..<columns * depth).map { Float($0 * 5 % 19 - 9) / 8 }
      let shape = "of \(rows) x \(depth) and \(depth) x \(columns)"
      var c = [Float](repeating: .nan, count: rows * columns)
      timesTransposed(a, b, rows: rows, columns: columns, depth: depth, into: &c, stride: columns)
      try compare("the product \(shape), the second transposed", c, columns: columns) { row, column in
        (0..<depth).reduce(0) { $0 + a[row * depth + $1] * b[column * depth + $1] }
      }
      var sum = [Float](repeating: 1, count: rows * columns)
      addProduct(a, stride: depth, b, rows: rows, columns: columns, depth: depth, to: &sum)
      try compare("the sum with the product \(shape)", sum, columns: columns) { row, column in
        (0..<depth).reduce(1) { $0 + a[row * depth + $1] * b[$1 * columns + column] }
      }
    }
  }

  /// The numbers are small multiples of 1/64, so every sum is exact in any order, and the difference must be none.
  private func compare(
    _ product: String, _ found: [Float], columns: Int, _ expected: (Int, Int) -> Float
  ) throws(FastAttentionError) {
    var worst: Float = 0
    for (index, value) in found.enumerated() {
      let difference = abs(value - expected(index / columns, index % columns))
      worst = difference.isNaN ? .infinity : max(worst, difference)
    }
    guard worst == 0 else {
      throw .library(product: product, difference: worst, configuration: "\(path), \(configuration)")
    }
  }
}
