import CEdit
import Glibc

/// Lines that a person types in plain mode: libedit's keys, earlier lines by the arrows, Tab.
final class EditedLines {
  /// nil where keys and their echo are not both at a terminal that can move its cursor.
  init?(earlier: [String], terminal: String?) {
    guard isatty(STDIN_FILENO) != 0, isatty(STDERR_FILENO) != 0, let terminal,
      !["", "dumb", "unknown"].contains(terminal)
    else { return nil }
    guard cedit_open() == 0 else { return nil }
    for line in earlier { remember(line) }
  }

  deinit { cedit_close() }

  func remember(_ line: String) {
    // libedit's lines have no line feeds.
    if !line.contains("\n") { cedit_remember(line) }
  }

  /// Shows the prompt, where it is not shown yet.
  func begin() { cedit_begin() }

  /// Gives the terminal back, for what is printed.
  func pause() { cedit_pause() }

  enum Outcome {
    case more, line(String), end
    /// Tab was pressed behind this text; `complete` is to be called.
    case tab(head: String)
  }

  /// Takes one key, to be called when `poll` says that there is one.
  func read() -> Outcome {
    var text: UnsafeMutablePointer<CChar>?
    let outcome = cedit_read(&text)
    defer { free(text) }
    switch Int(outcome) {
    case CEDIT_LINE: return text.map { .line(String(cString: $0)) } ?? .end
    case CEDIT_TAB: return text.map { .tab(head: String(cString: $0)) } ?? .more
    case CEDIT_END: return .end
    default: return .more
    }
  }

  /// Puts another text in front of the cursor. Rows may have been printed above it.
  func complete(_ head: String) { cedit_complete(head) }
}
