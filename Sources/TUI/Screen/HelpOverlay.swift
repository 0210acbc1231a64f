import Basics

/// The help, made from the tables of keys and commands, so that it cannot go stale.
struct HelpOverlay {
  let box: Rect
  private let lines: [Line]

  enum Line: Equatable {
    case heading(String)
    case entry(String, String)
    case blank
  }

  init(_ size: Size, keys: KeyMap = KeyMap()) {
    lines = Self.lines(of: keys) + Self.lines
    let height = min(size.rows - 2, lines.count + 2)
    let width = min(size.columns - 4, 84)
    box = Rect(
      x: (size.columns - width) / 2, y: (size.rows - height) / 2, width: width, height: height)
  }

  /// The last row that makes sense as the first one shown.
  var lastScroll: Int { max(0, lines.count - (box.height - 2)) }

  /// The keys that the settings changed come first.
  private static func lines(of keys: KeyMap) -> [Line] {
    guard !keys.entries.isEmpty else { return [] }
    return [.heading("from the settings")]
      + keys.entries.map { entry in
        .entry(
          entry.key.label, entry.meaning.map { "does what \($0.label) does" } ?? "does nothing")
      } + [.blank]
  }

  static var lines: [Line] {
    var lines: [Line] = []
    for section in KeyBindings.sections {
      let bindings = section.bindings.filter { !$0.help.isEmpty }
      guard !bindings.isEmpty else { continue }
      lines.append(.heading(section.title))
      lines += bindings.map { .entry($0.label, $0.help) }
      lines.append(.blank)
    }
    return lines + [.heading("commands")]
      + SlashCommands.all.map { .entry($0.usage, $0.summary) }
      + [.blank, .heading("numbers")] + Glossary.all.flatMap(Self.lines)
  }

  /// Columns of a sentence, at the narrowest box that there is.
  private static let sentenceWidth = 32

  private static func lines(_ number: Glossary.Number) -> [Line] {
    Wrapping.rows(of: number.meaning, width: sentenceWidth).enumerated().map { row, range in
      .entry(row == 0 ? number.name : "", String(number.meaning.utf8Slice(range)))
    }
  }

  func draw(scroll: Int, into canvas: inout Canvas) {
    let hint = lastScroll > 0 ? "↑↓ scroll · Esc closes" : "Esc closes"
    OverlayBox.draw(box, title: "help", hint: hint, into: &canvas)
    let keyWidth = min(24, box.width / 3)
    let scroll = min(scroll, lastScroll)
    for row in 0..<max(0, box.height - 2) where scroll + row < lines.count {
      let x = box.x + 2
      let y = box.y + 1 + row
      let limit = box.width - 4
      switch lines[scroll + row] {
      case .heading(let text):
        canvas.put(text, x: x, y: y, limit: limit, style: Style(.accent, .bold))
      case .entry(let keys, let help):
        canvas.put(keys, x: x + 1, y: y, limit: keyWidth - 1, style: Style(.heading, .bold))
        canvas.put(
          DisplayText.clipped(help, to: limit - keyWidth - 1), x: x + keyWidth + 1, y: y)
      case .blank: break
      }
    }
  }
}
