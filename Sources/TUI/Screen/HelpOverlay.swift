import Basics

/// The help, made from the tables of keys and commands, so that it cannot go stale.
struct HelpOverlay {
  let box: Rect
  private let keyWidth: Int
  private let lines: [Line]

  enum Line: Equatable {
    case heading(String)
    case entry(String, String)
    case blank

    /// What is longer than the column of explanations goes on below.
    fileprivate func wrapped(to width: Int) -> [Line] {
      guard case .entry(let keys, let help) = self, !help.isEmpty else { return [self] }
      return Wrapping.rows(of: help, width: width).enumerated().map { row, range in
        .entry(row == 0 ? keys : "", String(help.utf8Slice(range)))
      }
    }
  }

  init(_ size: Size, keys: KeyMap = KeyMap()) {
    let width = min(size.columns - 4, 84)
    keyWidth = min(24, width / 3)
    let helpWidth = width - 4 - keyWidth - 1
    lines = (Self.lines(of: keys) + Self.lines).flatMap { $0.wrapped(to: helpWidth) }
    let height = min(size.rows - 2, lines.count + 2)
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
      + [.blank, .heading("numbers")] + Glossary.all.map { .entry($0.name, $0.meaning) }
  }

  func draw(scroll: Int, into canvas: inout Canvas) {
    let hint = lastScroll > 0 ? "↑↓ scroll · Esc closes" : "Esc closes"
    OverlayBox.draw(box, title: "help", hint: hint, into: &canvas)
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
        canvas.put(help, x: x + keyWidth + 1, y: y, limit: limit - keyWidth - 1)
      case .blank: break
      }
    }
  }
}
