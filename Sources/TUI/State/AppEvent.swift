import Inference

/// A key as the user means it, whatever bytes the terminal sends for it.
enum Key: Sendable, Hashable {
  case character(Character)
  case control(Character)
  case alt(Character)
  case enter
  /// Alt+Enter, Ctrl+J: a new line inside the prompt.
  case newline
  case tab, backTab, escape, backspace, altBackspace, delete
  case up, down, left, right, wordLeft, wordRight
  case home, end, pageUp, pageDown
  case function(Int)
}

enum MouseAction: Sendable, Hashable {
  case press, drag, release, wheelUp, wheelDown
}

/// Something that happened and that the state may care about.
enum AppEvent: Sendable {
  case started
  case key(Key)
  case paste(String)
  case mouse(MouseAction, Point)
  case resized(Size)
  case engine(EngineEvent)
  case memory(ProcessMemory)
  /// Some time has passed while the engine is busy: what turns, turns on.
  case tick
  /// Answers to effects.
  case completions([String], for: String)
  case pathResolved(PathQuestion, path: String?)
  case noted(String)
  case failed(String)
}

/// Why the file system is asked about a path.
enum PathQuestion: Sendable, Hashable {
  /// `/image PATH`
  case image(String)
  /// Pasted text that may be a picture.
  case offer(String)
  /// A submitted line that may be a picture or begins with a slash.
  case submitted(String)

  var text: String {
    switch self {
    case .image(let text), .offer(let text), .submitted(let text): text
    }
  }
}

/// Work that `update` asks for and does not do itself.
enum AppEffect: Sendable, Equatable {
  case post(EngineCommand)
  /// Candidates of the path that begins like this.
  case listPaths(prefix: String)
  case resolve(PathQuestion)
  case remember(String)
  case save(path: String, text: String)
  case mouseReports(Bool)
  case repaint
  case suspend
  case quit(status: Int32)
}
