import Basics

/// Why a model could not be read. Every description is a sentence for the user: it names the file,
/// what was found there and what would work.
public indirect enum WeightError: Error, Equatable, CustomStringConvertible {
  /// The file cannot be opened, or is not a regular file.
  case unreadable(path: String, reason: String)
  /// The file's content contradicts its own format.
  case damaged(path: String, detail: String)
  /// The content is legal, but uses something that is not supported here.
  case unsupported(path: String, detail: String)
  /// The files lack a tensor that the forward pass reads.
  case missingTensor(path: String, tensor: String)
  /// A tensor that the forward pass does not read although it may change answers.
  case unreadTensor(path: String, tensor: String, decoder: String, tower: String?)
  /// A tensor has another shape than the configuration asks for, outermost dimension first.
  case wrongShape(path: String, tensor: String, found: [Int], expected: [Int])
  /// Weights that are NaN or infinite.
  case notFinite(path: String, tensor: String)
  /// A value of a configuration that no model can have.
  case invalidConfiguration(path: String, key: String, value: String, expected: String)
  /// A file cannot be created, filled or moved to its place.
  case unwritable(FileError)
  /// No model has the given name. `looked` lists the places searched, `near` lists similar names.
  case noSuchModel(reference: String, looked: [String], near: [String] = [])
  /// The model that comes with the program is missing or damaged.
  case bundledModelUnusable(WeightError)

  /// The sentence for the user.
  public var description: String {
    switch self {
    case .unreadable(let path, let reason):
      "'\(path)' cannot be read: \(reason)."
    case .damaged(let path, let detail):
      "'\(path)' is damaged: \(detail)."
    case .unsupported(let path, let detail):
      "'\(path)' is not supported: \(detail)."
    case .missingTensor(let path, let tensor):
      "'\(path)' has no tensor '\(tensor)', which the model's configuration asks for."
    case .unreadTensor(let path, let tensor, let decoder, let tower):
      "'\(path)' has the tensor '\(tensor)', which a \(decoder) decoder "
        + (tower.map { "with a \($0) tower " } ?? "")
        + "does not use. The model is of another kind, and answers without the tensor would be wrong."
    case .wrongShape(let path, let tensor, let found, let expected):
      "Tensor '\(tensor)' in '\(path)' has the shape \(found), but the model's configuration asks for \(expected)."
    case .notFinite(let path, let tensor):
      "Tensor '\(tensor)' in '\(path)' holds values that are no numbers (NaN or infinite). The file is "
        + "damaged, or the model was not trained to its end."
    case .invalidConfiguration(let path, let key, let value, let expected):
      "'\(path)' gives \(key) as \(value), but it must be \(expected)."
    case .unwritable(let error):
      "\(error)"
    case .noSuchModel(let reference, let looked, let near):
      "No model was found for '\(reference)'"
        + (near.isEmpty ? "" : "; did you mean " + near.map { "'\($0)'" }.joined(separator: ", "))
        + (near.isEmpty ? "." : "?") + " Looked at: \(looked.joined(separator: ", ")). "
        + "Give a model folder, a .gguf file, or one of the names that 'prefixkv models' lists."
    case .bundledModelUnusable(let reason):
      "\(reason) The bundled model cannot be used; choose another with --model PATH."
    }
  }
}
