/// A table of residuals: values at nodes of grids, bilinear between those nodes that rows have told of.
struct ResidualTable: Hashable, Sendable {
  /// The distances of nodes along the axes.
  let firstStep: Double
  let secondStep: Double
  /// The keys of the nodes, in order.
  private(set) var keys: [Int64] = []
  /// Their values, natural logarithms of a ratio of times.
  private(set) var values: [Double] = []

  init(firstStep: Double, secondStep: Double) {
    self.firstStep = firstStep
    self.secondStep = secondStep
  }

  init(firstStep: Double, secondStep: Double, nodes: [(key: Int64, value: Double)]) {
    self.init(firstStep: firstStep, secondStep: secondStep)
    let sorted = nodes.sorted { $0.key < $1.key }
    keys = sorted.map(\.key)
    values = sorted.map(\.value)
  }

  var steps: (Double, Double) { (firstStep, secondStep) }

  /// The value at a place; nil where no node around it has one.
  func value(_ cell: ResidualCell) -> Double? {
    var sum = 0.0
    var weight = 0.0
    func add(_ key: Int64, _ share: Double) {
      guard let value = value(of: key) else { return }
      sum += share * value
      weight += share
    }
    add(cell.keys.0, cell.weights.0)
    add(cell.keys.1, cell.weights.1)
    add(cell.keys.2, cell.weights.2)
    add(cell.keys.3, cell.weights.3)
    return weight > 1e-9 ? sum / weight : nil
  }

  private func value(of key: Int64) -> Double? {
    var low = 0
    var high = keys.count
    while low < high {
      let middle = (low + high) / 2
      if keys[middle] < key { low = middle + 1 } else { high = middle }
    }
    return low < keys.count && keys[low] == key ? values[low] : nil
  }
}
