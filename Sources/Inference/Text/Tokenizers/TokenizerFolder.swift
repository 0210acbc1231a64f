import Foundation

/// Finds the tokenizer of a model folder.
enum TokenizerFolder {
  /// `tokenizer.json` decides when both are there, as in transformers.
  static func tokenizer(in folder: String) throws(WeightError) -> Tokenizer {
    let json = folder + "/tokenizer.json"
    if FileManager.default.fileExists(atPath: json) {
      return try TokenizerJSON.tokenizer(of: MappedFile(path: json))
    }
    let model = folder + "/tokenizer.model"
    if FileManager.default.fileExists(atPath: model) {
      return try SentencePieceModel.tokenizer(of: MappedFile(path: model))
    }
    throw .unreadable(path: folder, reason: "it holds neither tokenizer.json nor tokenizer.model")
  }
}
