import COpenBLAS

/// Matrix products by OpenBLAS, row after row, on the calling thread.
///
/// OpenBLAS's number of threads belongs to the process: changed around each call it would change under a call on another
/// thread. So it is set to one once, before the first product, and stays; the callers' threads each compute their own
/// products. Nothing else in this process uses the library.
public struct MatrixProducts: Sendable {
  /// What the library says of itself: version, options and the processor that its loops are for.
  public let configuration: String

  /// The library, tried once: it must give the products of ``selfTest`` as plain loops give them.
  public static func checked() throws(FastAttentionError) -> MatrixProducts {
    try found.get()
  }

  private static let found = Result<MatrixProducts, FastAttentionError> { () throws(FastAttentionError) in
    openblas_set_num_threads(1)
    let library = MatrixProducts()
    try library.selfTest()
    return library
  }

  private init() {
    let options = openblas_get_config().map { String(cString: $0) } ?? "OpenBLAS of unknown build"
    let core = openblas_get_corename().map { String(cString: $0) } ?? "unknown"
    configuration = options.trimming(core) + ", loops for " + core
  }

  /// c = a·bᵀ, with a of rows × depth, b of columns × depth.
  func timesTransposed(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, rows: Int, columns: Int, depth: Int,
    into c: UnsafeMutablePointer<Float>, stride: Int
  ) {
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasTrans, blasint(rows), blasint(columns), blasint(depth), 1, a, blasint(depth), b,
      blasint(depth), 0, c, blasint(stride))
  }

  /// c += a·b, with a of rows × depth in rows of `stride`, b of depth × columns.
  func addProduct(
    _ a: UnsafePointer<Float>, stride: Int, _ b: UnsafePointer<Float>, rows: Int, columns: Int, depth: Int,
    to c: UnsafeMutablePointer<Float>
  ) {
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(rows), blasint(columns), blasint(depth), 1, a, blasint(stride),
      b, blasint(columns), 1, c, blasint(columns))
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
    guard worst == 0 else { throw .library(product: product, difference: worst, configuration: configuration) }
  }
}

extension String {
  /// The text without blanks at its ends and without the word that it may end with.
  fileprivate func trimming(_ word: String) -> String {
    var words = split(separator: " ")
    if let last = words.last, last == word { words.removeLast() }
    return words.joined(separator: " ")
  }
}
