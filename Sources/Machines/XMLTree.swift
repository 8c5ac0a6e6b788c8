import Configuration
import Foundation
import FoundationXML

/// An element of an XML file with the line that it starts on.
struct XMLTree: Hashable {
  var name: String
  var attributes: [String: String]
  var children: [XMLTree] = []
  var line: Int

  /// The most elements that are read: far above any machine, and far below memory.
  static let mostElements = 200_000
  /// The deepest nesting that is read.
  static let deepest = 64

  /// Reads a document; external entities are never followed.
  ///
  /// - Parameters:
  ///   - text: The document.
  ///   - file: Its name, for errors.
  /// - Throws: ``ConfigurationError`` with the line of what is no XML, too large or too deep.
  static func parse(_ text: String, file: String) throws(ConfigurationError) -> XMLTree {
    // Entities of a document's own could grow without end, and no tool writes any.
    if let place = text.range(of: "<!DOCTYPE") ?? text.range(of: "<!ENTITY") {
      let line = text[..<place.lowerBound].count { $0.isNewline } + 1
      throw ConfigurationError(file: file, line: line, message: "found a document type, expected elements only")
    }
    // Written in another encoding, a document type would not be seen above; no tool writes any but these.
    let head = text.drop { $0.isWhitespace }.prefix(200).lowercased()
    if head.hasPrefix("<?xml"), let declared = head.firstRange(of: "encoding=") {
      let name = head[declared.upperBound...].dropFirst().prefix { $0 != "\"" && $0 != "'" }
      guard ["utf-8", "utf8", "us-ascii", "ascii"].contains(name) else {
        throw ConfigurationError(file: file, line: 1, message: "found the encoding '\(name)', expected UTF-8")
      }
    }
    // The standard wants the declaration first, but real dumps start with an empty line.
    let parser = XMLParser(data: Data(text.drop { $0.isWhitespace }.utf8))
    let skipped = text.prefix { $0.isWhitespace }.count { $0.isNewline }
    let builder = XMLTreeBuilder(skippedLines: skipped)
    parser.delegate = builder
    parser.shouldResolveExternalEntities = false
    let succeeded = parser.parse()
    if let problem = builder.problem {
      throw ConfigurationError(file: file, line: problem.line, message: problem.message)
    }
    guard succeeded, let root = builder.root else {
      let line = max(parser.lineNumber, 1) + skipped
      throw ConfigurationError(file: file, line: line, message: "not well-formed XML")
    }
    // The parser is content with the first element; a file that goes on was damaged, or is two in one.
    if let close = text.range(of: "</\(root.name)"), let end = text[close.upperBound...].firstIndex(of: ">"),
      let rest = text[end...].dropFirst().firstIndex(where: { !$0.isWhitespace }), !text[rest...].hasPrefix("<!--")
    {
      let line = text[..<rest].count { $0.isNewline } + 1
      throw ConfigurationError(
        file: file, line: line, message: "found more after the end of '\(root.name)', expected nothing")
    }
    return root
  }
}

/// Collects elements as the parser meets them; a class because the parser asks for one.
private final class XMLTreeBuilder: NSObject, XMLParserDelegate {
  private(set) var root: XMLTree?
  private(set) var problem: (line: Int, message: String)?
  private var open: [XMLTree] = []
  private var count = 0
  private let skippedLines: Int

  init(skippedLines: Int) { self.skippedLines = skippedLines }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String]
  ) {
    count += 1
    let line = parser.lineNumber + skippedLines
    if count > XMLTree.mostElements { problem = (line, "more than \(XMLTree.mostElements) elements") }
    if open.count >= XMLTree.deepest { problem = (line, "elements nested more than \(XMLTree.deepest) deep") }
    guard problem == nil else {
      parser.abortParsing()
      return
    }
    open.append(XMLTree(name: name, attributes: attributes, line: line))
  }

  func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
    guard let done = open.popLast() else { return }
    if open.isEmpty {
      root = done
    } else {
      open[open.count - 1].children.append(done)
    }
  }
}
