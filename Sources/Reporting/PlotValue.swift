/// A value of a Vega-Lite picture, written as a literal: `["mark": ["type": "line"]]`.
indirect enum PlotValue: Encodable, Sendable, ExpressibleByStringLiteral, ExpressibleByFloatLiteral,
  ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  case text(String)
  case number(Double)
  case boolean(Bool)
  case list([PlotValue])
  case mapping([String: PlotValue])

  init(stringLiteral value: String) { self = .text(value) }
  init(floatLiteral value: Double) { self = .number(value) }
  init(integerLiteral value: Int) { self = .number(Double(value)) }
  init(booleanLiteral value: Bool) { self = .boolean(value) }
  init(arrayLiteral elements: PlotValue...) { self = .list(elements) }
  init(dictionaryLiteral elements: (String, PlotValue)...) {
    self = .mapping(Dictionary(elements, uniquingKeysWith: { first, _ in first }))
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .text(let text): try container.encode(text)
    case .number(let number): try container.encode(number)
    case .boolean(let boolean): try container.encode(boolean)
    case .list(let list): try container.encode(list)
    case .mapping(let mapping): try container.encode(mapping)
    }
  }
}
