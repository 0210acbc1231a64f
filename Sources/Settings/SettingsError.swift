import Basics

/// What is wrong with settings. Every description is a sentence that names the place.
public enum SettingsError: Error, Equatable, CustomStringConvertible {
  /// The file cannot be read.
  case unreadable(FileError)
  /// A line that is neither a section nor a key with a value, or a file that is no text (line nil).
  case damaged(path: String, line: Int?, detail: String)
  /// A key that does not exist.
  case unknown(path: String, line: Int, key: String, known: [String])
  /// A value that its key cannot have; the detail is a sentence.
  case badValue(path: String, line: Int, key: String, detail: String)
  /// A variable of the environment that its setting cannot have; the detail is a sentence.
  case badVariable(name: String, value: String, detail: String)

  /// The line of the file, counted from one; nil when the error is not in a line.
  public var line: Int? {
    switch self {
    case .damaged(_, let line, _): line
    case .unknown(_, let line, _, _), .badValue(_, let line, _, _): line
    case .unreadable, .badVariable: nil
    }
  }

  /// The sentence for the user.
  public var description: String {
    switch self {
    case .unreadable(let error): "\(error)"
    case .damaged(let path, let line, let detail):
      "'\(path)'\(line.map { " line \($0)" } ?? "") is damaged: \(detail)."
    case .unknown(let path, let line, let key, let known):
      "'\(path)' line \(line): there is no setting '\(key)'; available: "
        + known.joined(separator: ", ") + "."
    case .badValue(let path, let line, let key, let detail):
      "'\(path)' line \(line): \(key) cannot be this. \(detail)"
    case .badVariable(let name, let value, let detail):
      "The variable \(name) cannot be '\(value)'. \(detail)"
    }
  }
}
