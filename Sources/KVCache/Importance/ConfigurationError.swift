import Basics

/// Why a prefix configuration could not be used.
public enum ConfigurationError: Error, Equatable, CustomStringConvertible {
  /// There is no configuration at this path.
  case missing(String)
  /// The file or folder is there and cannot be opened or read.
  case unreadable(FileError)
  /// A file or folder, and what is wrong with it.
  case bad(String, String)
  /// Every configuration found is for another number of layers; `found` names each with its number.
  case layers(found: [String], wanted: Int)
  /// Several configurations have the model's number of layers.
  case ambiguous([String])

  private static let form =
    "A configuration is a JSON array with the fraction that each layer forgets (0 to 1), "
    + "in a file prefixkv_MODEL_R.json"

  /// The sentence for the user.
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
