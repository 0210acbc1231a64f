/// The little Markdown that models write, as text to show and how parts of it look: headings, lists, bold,
/// and code. What is not closed yet, and all other marks, stay as they are.
struct Markdown: Equatable {
  enum Look: Sendable, Equatable {
    case heading, bold, code
    /// The line that begins or ends a block of code.
    case fence
    /// Where the full cache would have said something else. No Markdown means it, nor what follows.
    case other
    /// The token that is selected, and what it attended to.
    case selected, attended
    /// A token of so small a probability.
    case doubt(Confidence)
  }

  struct Span: Equatable {
    /// UTF-8 offsets in `text`.
    var range: Range<Int>
    var look: Look
  }

  private(set) var text = ""
  /// Ascending, without overlaps.
  private(set) var spans: [Span] = []
  /// Which bytes of the source are shown, and where; ascending.
  private var pieces: [Piece] = []

  private struct Piece: Equatable {
    /// UTF-8 offsets in the source.
    var source: Range<Int>
    /// UTF-8 offset in `text`.
    var shown: Int
  }

  init(_ source: String) {
    var isCode = false
    for (index, line) in source.split(separator: "\n", omittingEmptySubsequences: false)
      .enumerated()
    {
      if index > 0 { append(source[source.index(before: line.startIndex)..<line.startIndex], nil) }
      if line.hasPrefix("```") {
        isCode.toggle()
        append(line, .fence)
      } else if isCode {
        append(line, .code)
      } else {
        appendLine(line)
      }
    }
  }

  /// Where a place of the source is shown; marks that are not shown count for what follows them.
  func shown(_ offset: Int) -> Int {
    let next = pieces.partitioningIndex { $0.source.upperBound > offset }
    guard next < pieces.count else { return text.utf8.count }
    return pieces[next].shown + max(0, offset - pieces[next].source.lowerBound)
  }

  private mutating func append(_ part: Substring, _ look: Look?) {
    let start = text.utf8.count
    text += part
    if !part.isEmpty {
      let source = part.base.utf8Offset(part.startIndex)
      pieces.append(Piece(source: source..<source + part.utf8.count, shown: start))
    }
    guard let look, !part.isEmpty else { return }
    spans.append(Span(range: start..<text.utf8.count, look: look))
  }

  private mutating func appendLine(_ line: Substring) {
    let marks = line.prefix { $0 == "#" }
    let behind = line.dropFirst(marks.count)
    if (1...6).contains(marks.count), behind.first == " " {
      append(behind.drop { $0 == " " }, .heading)
      return
    }
    let indent = line.prefix { $0 == " " }
    let item = line.dropFirst(indent.count)
    if item.count > 1, "-*+".contains(item.first ?? " "), item.dropFirst().first == " " {
      append(indent, nil)
      text += "•"
      appendInline(item.dropFirst())
      return
    }
    appendInline(line)
  }

  /// Bold parts and pieces of code.
  private mutating func appendInline(_ line: Substring) {
    var rest = line
    while let mark = rest.firstIndex(where: { $0 == "*" || $0 == "`" }) {
      append(rest[..<mark], nil)
      rest = rest[mark...]
      let (opening, look): (Substring, Look) = rest.first == "`" ? ("`", .code) : ("**", .bold)
      guard rest.hasPrefix(opening), let inside = Self.inside(rest, opening) else {
        append(rest.prefix(1), nil)
        rest = rest.dropFirst()
        continue
      }
      append(inside, look)
      rest = rest[inside.endIndex...].dropFirst(opening.count)
    }
    append(rest, nil)
  }

  /// What stands between a mark and the same mark; blanks beside a mark make it an ordinary character.
  private static func inside(_ text: Substring, _ mark: Substring) -> Substring? {
    let body = text.dropFirst(mark.count)
    guard let end = body.firstRange(of: mark)?.lowerBound, end > body.startIndex,
      body.first != " ", body[body.index(before: end)] != " "
    else { return nil }
    return body[..<end]
  }
}

extension Markdown.Look {
  var style: Style {
    switch self {
    case .heading: Style(.heading, [.bold, .underline])
    case .bold: Style(.text, .bold)
    case .code: Style(.accent)
    case .fence: Style(.dim)
    case .other: Style(.words, .underline)
    case .selected: Style(.accent, [.bold, .reverse])
    case .attended: Style(.words, .bold, on: .track)
    case .doubt(let confidence): confidence.style
    }
  }
}
