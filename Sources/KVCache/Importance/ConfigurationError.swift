import Basics

/// Why a prefix configuration could not be used.
public enum ConfigurationError: Error, Equatable, CustomStringConvertible {
  /// There is none at a path.
  case missing(String)
  /// The file or folder is there and cannot be opened or read.
  case unreadable(FileError)
  /// A file or folder, and what is wrong with it.
  case bad(String, String)
  /// All that were found (with their numbers of layers) are for models of other sizes.
  case layers(found: [String], wanted: Int)
  /// Several were found for a model of this size.
  case ambiguous([String])

  private static let form =
    "A configuration is a JSON array with the fraction that each layer forgets (0 to 1), "
    + "in a file prefixkv_MODEL_R.json"

  public var description: String {
    switch self {
    case .missing(let path):
      "No prefix configuration was found at \(path). \(Self.form)."
    case .unreadable(let error): "\(error)"
    case .bad(let path, let problem):
      "The prefix configuration \(path) \(problem). \(Self.form)."
    case .layers(let found, let wanted):
      "The model has \(wanted) layers; the configurations found are for other models: "
        + found.joined(separator: ", ") + "."
    case .ambiguous(let names):
      "Several configurations fit: \(names.joined(separator: ", ")). "
        + "Write prefixkv:FOLDER/NAME with one of them."
    }
  }
}
