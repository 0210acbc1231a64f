import Inference
import Sessions

/// Work that `update` asks for and does not do itself.
enum AppEffect: Sendable, Equatable {
  case post(EngineCommand)
  /// Lists the folders and files whose path begins like this.
  case listPaths(prefix: String, PathFilter)
  /// Lists the names of models, and the folders and files, that begin like this.
  case listModels(prefix: String)
  /// Looks at the file system for the pictures that a text names.
  case readPictures(PictureQuestion)
  /// Adds a line to the history file.
  case remember(String)
  case save(path: String, text: String)
  /// Writes a conversation in the form that the path's ending names, with a small copy of the picture.
  case export(path: String, SavedSession, Pixels?)
  /// Asks something of the store of sessions.
  case store(SessionRequest)
  /// Keeps a small copy of the picture beside the conversation of this number.
  case keepPicture(number: Int, path: String, Pixels)
  /// Puts text into the clipboard.
  case copy(String)
  case mouseReports(Bool)
  case repaint
  case suspend
  case quit(status: Int32)
}

/// Which files a completion offers; folders are always among them.
struct PathFilter: Sendable, Equatable {
  /// In lower case and without the dot; empty: every file.
  var endings: [String] = []

  static let everything = PathFilter()
  static let pictures = PathFilter(endings: ImagePath.endings)
  static let models = PathFilter(endings: ["gguf"])

  func accepts(_ name: String) -> Bool {
    let name = name.lowercased()
    return endings.isEmpty || endings.contains { name.hasSuffix("." + $0) }
  }
}
