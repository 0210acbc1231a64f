import Basics

/// One row of a panel: texts of their own looks, and bars.
struct ReportRow: Equatable {
  enum Part: Equatable {
    case text(String, Style)
    /// So many columns, filled by shares one after the other.
    case bar(width: Int, [Share])
  }

  struct Share: Equatable {
    var share: Double
    var role: Role
  }

  var parts: [Part]

  init(_ parts: [Part]) { self.parts = parts }

  init(_ text: String, _ style: Style = Style()) { parts = [.text(text, style)] }

  /// A text in rows of at most `width` columns; none for no text. It does not break at U+00A0.
  ///
  /// - Parameter limit: the most rows; an ellipsis ends what is cut.
  static func wrapped(
    _ text: String, _ width: Int, atMost limit: Int = .max, _ style: Style = Style(.dim)
  ) -> [ReportRow] {
    guard !text.isEmpty else { return [] }
    let all = Wrapping.rows(of: text, width: width)
    return all.prefix(limit).enumerated().map { row, range in
      let isCut = row + 1 == limit && limit < all.count
      let end = isCut ? text.utf8.count : range.upperBound
      let shown = text.utf8Slice(range.lowerBound..<end).replacing("\u{A0}", with: " ")
      return ReportRow(isCut ? DisplayText.clipped(String(shown), to: width) : String(shown), style)
    }
  }

  func draw(into canvas: inout Canvas, y: Int, theme: Theme, depth: ColorDepth) {
    var x = 0
    for part in parts {
      switch part {
      case .text(let text, let style): x += canvas.put(text, x: x, y: y, style: style)
      case .bar(let width, let shares):
        let width = min(width, canvas.size.columns - x)
        Bar.draw(
          shares.map { ($0.share, $0.role) }, into: &canvas, x: x, y: y, width: width,
          theme: theme, depth: depth)
        x += max(0, width)
      }
    }
  }
}
