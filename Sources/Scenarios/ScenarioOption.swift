import Configuration
import Quantities

/// An option of the command line that adds to a scenario. Its text is turned into the YAML that a file would have, so
/// that both are read, and refused, by the same rules.
public enum ScenarioOption: String, Sendable, CaseIterable {
  /// `rank=3:2x`, `link=ndr:uniform(1x,2x)`.
  case straggler
  /// `rank=all:uniform(0,1ms)`.
  case delay
  /// `kernels:exponential(5%)`, `links.ndr:log-normal(1us,0.5)`.
  case jitter
  /// `links.ndr:50%@10ms-20ms`.
  case degrade
  /// `links.ndr[3]@1ms`, `dgx0/gpu1->leaf1@1ms-2ms`.
  case fail
  /// `0->9:4MB/1ms@0s-10ms`.
  case background
  /// `links.ndr:30%`.
  case load
  /// `links.ndr:half`.
  case duplex
  /// `links.ndr:1KB=30%,1MB=95%`.
  case efficiency
  /// `2`.
  case copyEngines = "copy-engines"
  /// `15%`.
  case communicationShare = "communication-share"
  /// `4MiB`.
  case receiveBuffer = "receive-buffer"

  /// How its text is written, for messages.
  public var form: String {
    switch self {
    case .straggler: "TARGET:FACTOR, such as rank=3:2x or link=ndr:1.5x"
    case .delay: "rank=RANKS:TIME, such as rank=all:uniform(0,1ms)"
    case .jitter: "kernels:SHARE or links.CLASS:TIME, such as kernels:exponential(5%)"
    case .degrade: "links.LINKS:SHARE[@FROM[-UNTIL]], such as links.ndr:50%@10ms-20ms"
    case .fail: "LINKS[@FROM[-UNTIL]], such as links.ndr[3]@1ms or 'dgx0/gpu1->leaf1@1ms'"
    case .background: "FROM->TO:SIZE[/EVERY][@FROM[-UNTIL]], such as '0->9:4MB/1ms'"
    case .load: "links.LINKS:SHARE, such as links.ndr:30%"
    case .duplex: "links.CLASS:half or links.CLASS:full"
    case .efficiency: "links.CLASS:SIZE=SHARE,SIZE=SHARE, such as links.ndr:1KB=30%,1MB=95%"
    case .copyEngines: "a whole number"
    case .communicationShare: "a share, such as 15%"
    case .receiveBuffer: "a size, such as 4MiB"
    }
  }

  /// The YAML that a text stands for; nil when it has another form.
  func yaml(_ text: String) -> String? {
    switch self {
    case .straggler:
      guard let (target, value) = Self.cut(text, at: ":") else { return nil }
      if let ranks = Self.name(target, of: "rank") {
        return "stragglers: [{ranks: \(Self.quote(ranks)), slowdown: \(Self.quote(value))}]"
      }
      guard let links = Self.name(target, of: "link") else { return nil }
      return "stragglers: [{links: \(Self.quote(links)), slowdown: \(Self.quote(value))}]"
    case .delay:
      guard let (target, value) = Self.cut(text, at: ":"), let ranks = Self.name(target, of: "rank") else { return nil }
      return "delays: [{ranks: \(Self.quote(ranks)), delay: \(Self.quote(value))}]"
    case .jitter:
      guard let (target, value) = Self.cut(text, at: ":") else { return nil }
      if target == "kernels" { return "jitter: {kernels: \(Self.quote(value))}" }
      guard let links = Self.name(target, of: "link") else { return nil }
      return "jitter: {messages: [{links: \(Self.quote(links)), latency: \(Self.quote(value))}]}"
    case .degrade:
      guard let (links, value) = Self.linksAndValue(text) else { return nil }
      let (share, moments) = Self.moments(value)
      return "changes: [{links: \(Self.quote(links)), bandwidth: \(Self.quote(share))\(moments)}]"
    case .fail:
      let (target, moments) = Self.moments(text)
      let links = Self.name(target, of: "link") ?? target
      return links.isEmpty ? nil : "changes: [{links: \(Self.quote(links)), fails: true\(moments)}]"
    case .background: return Self.background(text)
    case .load:
      return Self.linksAndValue(text).map { "background: [{links: \(Self.quote($0)), load: \(Self.quote($1))}]" }
    case .duplex:
      return Self.linksAndValue(text).map { "links: {\(Self.quote($0)): {duplex: \(Self.quote($1))}}" }
    case .efficiency:
      guard let (links, value) = Self.linksAndValue(text) else { return nil }
      let points = value.split(separator: ",", omittingEmptySubsequences: false).map { point in
        "["
          + point.split(separator: "=", omittingEmptySubsequences: false).map { Self.quote(String($0)) }
          .joined(separator: ", ") + "]"
      }
      return "links: {\(Self.quote(links)): {efficiency: [\(points.joined(separator: ", "))]}}"
    case .copyEngines, .communicationShare, .receiveBuffer: return "device: {\(rawValue): \(Self.quote(text))}"
    }
  }

  private static func background(_ text: String) -> String? {
    guard let (way, rest) = cut(text, at: ":"), let arrow = way.ranges(of: "->").first else { return nil }
    let (flow, moments) = moments(rest)
    var fields = [
      "from: \(quote(String(way[..<arrow.lowerBound])))", "to: \(quote(String(way[arrow.upperBound...])))",
    ]
    if let (size, every) = cut(flow, at: "/") {
      fields += ["message: \(quote(size))", "every: \(quote(every))"]
    } else {
      fields.append("message: \(quote(flow))")
    }
    return "background: [{\(fields.joined(separator: ", "))\(moments)}]"
  }

  /// The two sides of the last of a mark; nil without one.
  private static func cut(_ text: String, at mark: Character) -> (String, String)? {
    guard let place = text.lastIndex(of: mark) else { return nil }
    return (NumberText.trim(String(text[..<place])), NumberText.trim(String(text[text.index(after: place)...])))
  }

  /// What follows `rank=`, `ranks=`, `rank.` or `ranks.`; nil when a text starts with none of them.
  private static func name(_ text: String, of noun: String) -> String? {
    guard text.hasPrefix(noun) else { return nil }
    var rest = text.dropFirst(noun.count)
    if rest.first == "s" { rest = rest.dropFirst() }
    guard let mark = rest.first, mark == "=" || mark == "." else { return nil }
    return NumberText.trim(String(rest.dropFirst()))
  }

  /// The links and the value of `links.ndr:VALUE`.
  private static func linksAndValue(_ text: String) -> (String, String)? {
    guard let (target, value) = cut(text, at: ":") else { return nil }
    return (name(target, of: "link") ?? target, value)
  }

  /// A text without its `@FROM-UNTIL`, and that as further keys.
  private static func moments(_ text: String) -> (String, String) {
    guard let (rest, moments) = cut(text, at: "@") else { return (text, "") }
    // The dash of an exponent, as in 1e-3s, parts no times.
    let dash = moments.indices.first { index in
      index > moments.startIndex && moments[index] == "-" && !"eE".contains(moments[moments.index(before: index)])
    }
    guard let dash else { return (rest, ", at: \(quote(moments))") }
    return (
      rest, ", at: \(quote(String(moments[..<dash]))), until: \(quote(String(moments[moments.index(after: dash)...])))"
    )
  }

  private static func quote(_ text: String) -> String { YAMLText.quoted(NumberText.trim(text)) }
}

extension Scenario {
  /// Reads what one option of the command line adds.
  ///
  /// - Parameters:
  ///   - option: The option.
  ///   - text: Its value.
  /// - Throws: ``ConfigurationError`` that names the option when the value is malformed or out of range.
  public init(option: ScenarioOption, _ text: String) throws(ConfigurationError) {
    let source = "--\(option.rawValue) \(text)"
    guard let yaml = option.yaml(text) else {
      throw ConfigurationError(file: source, message: "expected \(option.form)")
    }
    do {
      try self.init(document: try Document(yaml: "name: options\n\(yaml)", file: source), option: source)
    } catch {
      // The YAML is none that the user wrote: its lines and fields mean nothing.
      throw ConfigurationError(file: source, message: error.message)
    }
  }
}
