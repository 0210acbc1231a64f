import CTerm
import Glibc

/// The screen, the keyboard and the mouse. The only file that knows curses.
final class Terminal {

  let depth: ColorDepth
  let symbols: PictureSymbols
  private var shown: Canvas?
  /// Bytes of a bracketed paste whose end has not come yet.
  private var pasted: [UInt8]?
  private static let pasteEnd = Array("\u{1B}[201~".utf8)

  /// nil when there is no terminal that can place a cursor.
  init?(environment: [String: String], crashNotice: String) {
    let names = Self.names(environment)
    let pointers = names.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    let status = pointers.map { UnsafePointer($0) }.withUnsafeBufferPointer {
      cterm_open($0.baseAddress, crashNotice)
    }
    guard status == 0 else { return nil }
    depth = ColorDepth(colors: Int(cterm_colors()))
    // Fonts of these have half blocks and no quarters.
    let term = environment["TERM"] ?? ""
    symbols = ["linux", "putty", "cygwin"].contains { term.hasPrefix($0) } ? .halves : .quarters
  }

  func close() { cterm_close() }

  /// The names to try: with direct colour when the terminal says that it has it, then its own, then
  /// what nearly every emulator understands.
  static func names(_ environment: [String: String]) -> [String] {
    let term = environment["TERM"] ?? ""
    guard !term.isEmpty, term != "dumb" else { return [] }
    var names: [String] = []
    let family = term.prefix { $0 != "-" }
    let hasDirectColor = ["truecolor", "24bit"].contains(environment["COLORTERM"] ?? "")
    if hasDirectColor, family != "linux" { names += ["\(family)-direct", "xterm-direct"] }
    names.append(term)
    if term.contains("256color") || family == "xterm" { names.append("xterm-256color") }
    return names
  }

  var size: Size { Size(columns: Int(cterm_columns()), rows: Int(cterm_rows())) }

  /// After SIGWINCH.
  func takeSize() -> Size {
    cterm_resize()
    shown = nil
    return size
  }

  func setMouseReports(_ isOn: Bool) { cterm_mouse_reports(isOn) }

  func repaint() {
    cterm_repaint()
    shown = nil
  }

  /// Gives the terminal to the shell until the process is continued.
  func suspend() {
    cterm_suspend()
    raise(SIGSTOP)
    cterm_resume()
    shown = nil
  }

  // MARK: Painting

  func show(_ canvas: Canvas) {
    let old = shown?.size == canvas.size ? shown : nil
    for y in 0..<canvas.size.rows {
      for x in 0..<canvas.size.columns {
        let cell = canvas[x, y]
        if cell.width == 0 || old?[x, y] == cell && !isDisturbed(old, canvas, x, y) { continue }
        cterm_put(
          Int32(y), Int32(x), cell.glyph, Int32(cell.width),
          Theme.color(cell.style.foreground, depth: depth),
          Theme.color(cell.style.background, depth: depth),
          Int32(cell.style.attributes.rawValue))
      }
    }
    let cursor = canvas.cursor
    cterm_cursor(Int32(cursor?.y ?? 0), Int32(cursor?.x ?? 0), cursor != nil)
    cterm_flush()
    shown = canvas
  }

  /// A wide glyph beside the cell came or went: curses may have blanked the cell with it.
  private func isDisturbed(_ old: Canvas?, _ new: Canvas, _ x: Int, _ y: Int) -> Bool {
    guard let old else { return true }
    let neighbours = max(0, x - 1)...min(new.size.columns - 1, x + 1)
    return neighbours.contains { old[$0, y].width != new[$0, y].width }
  }

  // MARK: Input

  /// Everything that has arrived, without waiting.
  func events() -> [AppEvent] {
    var events: [AppEvent] = []
    while true {
      if pasted != nil {
        guard let text = readPaste() else { return events }
        events.append(.paste(text))
      }
      var event = cterm_event()
      guard cterm_next(&event) else { return events }
      if event.kind == CTERM_PASTE_BEGIN {
        pasted = []
      } else if let translated = translated(event) {
        events.append(translated)
      }
    }
  }

  /// Reads pasted bytes straight from the descriptor: a megabyte through curses takes seconds.
  /// nil while the end has not arrived.
  private func readPaste() -> String? {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      var waiting = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
      guard poll(&waiting, 1, 0) > 0 else { return nil }
      let count = read(STDIN_FILENO, &buffer, buffer.count)
      guard count > 0 else { return nil }
      let searchStart = max(0, (pasted?.count ?? 0) - Self.pasteEnd.count)
      pasted?.append(contentsOf: buffer[..<count])
      guard let bytes = pasted, let end = bytes.firstRange(of: Self.pasteEnd, from: searchStart)
      else { continue }
      for byte in bytes[end.upperBound...].reversed() { cterm_unread(byte) }
      pasted = nil
      return String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
    }
  }

  private func translated(_ event: cterm_event) -> AppEvent? {
    switch event.kind {
    case CTERM_CHARACTER: return character(event.code).map(AppEvent.key)
    case CTERM_KEY: return key(event.code).map(AppEvent.key)
    case CTERM_MOUSE:
      let point = Point(x: Int(event.x), y: Int(event.y))
      let actions: [MouseAction] = [.press, .drag, .release, .wheelUp, .wheelDown]
      return .mouse(actions[Int(event.code)], point)
    default: return nil
    }
  }

  private func character(_ code: UInt32) -> Key? {
    switch code {
    case 9: return .tab
    case 10: return .newline
    case 13: return .enter
    case 8, 127: return .backspace
    case 27:
      // Alt sends ESC in front of the key; curses has already waited for what belongs to an ESC.
      var next = cterm_event()
      guard cterm_next(&next) else { return .escape }
      if next.kind == CTERM_CHARACTER, let plain = character(next.code) {
        switch plain {
        case .character(let letter): return .alt(letter)
        case .backspace: return .altBackspace
        case .enter: return .newline
        default: return plain
        }
      }
      return next.kind == CTERM_KEY ? key(next.code) : .escape
    case 1..<27:
      return Unicode.Scalar(code + 64).map { .control(Character($0)) }
    default:
      guard code >= 32, let scalar = Unicode.Scalar(code) else { return nil }
      return .character(Character(scalar))
    }
  }

  private func key(_ code: UInt32) -> Key? {
    if code >= CTERM_KEY_FUNCTION.rawValue {
      return .function(Int(code - CTERM_KEY_FUNCTION.rawValue))
    }
    let keys: [Key] = [
      .up, .down, .left, .right, .home, .end, .pageUp, .pageDown, .delete, .backspace, .backTab,
      .wordLeft, .wordRight, .newline,
    ]
    return keys.indices.contains(Int(code)) ? keys[Int(code)] : nil
  }
}

extension [UInt8] {
  fileprivate func firstRange(of pattern: [UInt8], from start: Int) -> Range<Int>? {
    guard count >= pattern.count else { return nil }
    var index = start
    while index <= count - pattern.count {
      if self[index] == pattern[0], self[index..<index + pattern.count].elementsEqual(pattern) {
        return index..<index + pattern.count
      }
      index += 1
    }
    return nil
  }
}
