import CTerm
import Glibc

/// Keys, pasted text and the mouse, read from standard input through curses.
struct TerminalInput {
  /// Bytes of a bracketed paste whose end has not come yet.
  private var pasted: [UInt8]?
  private static let pasteEnd = Array("\u{1B}[201~".utf8)

  /// Everything that has arrived, without waiting.
  mutating func events() -> [AppEvent] {
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
  ///
  /// - Returns: nil while the end has not arrived.
  private mutating func readPaste() -> String? {
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
    case CTERM_BACKGROUND: return .background(event.code == 1 ? .light : .dark)
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
