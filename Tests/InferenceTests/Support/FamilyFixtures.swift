import Foundation
import TestSupport

@testable import Inference

/// Tokenizers of the LLaVA family with what Hugging Face's tokenizers make of 163 strings, and the
/// prompts of tiny models of the family. `Tests/Fixtures/README.md` says where they come from.
enum FamilyFixtures {
  static let folder = Oracle.path("family/tokenizers")

  /// The seven tokenizers by the names of their files.
  static let names = ["spm", "spm-metaspace", "phi3", "llama3", "qwen2", "gpt2", "smollm"]

  static func tokenizer(_ name: String) throws -> Tokenizer {
    try TokenizerJSON.tokenizer(of: MappedFile(path: "\(folder)/\(name).json"))
  }

  /// From the metadata of a converted model.
  static func ggufTokenizer(_ model: String) throws -> Tokenizer {
    try GGUFTokenizer.tokenizer(of: GGUFFile(path: "\(folder)/\(model).gguf"))
  }

  /// One string, and the ids and the decoded text of each tokenizer.
  struct Golden {
    let text: String
    /// With begin of sequence where the tokenizer adds it.
    let ids: [String: [Int]]
    let decoded: [String: String]
  }

  static func goldens() throws -> [Golden] {
    try String(contentsOfFile: folder + "/goldens.jsonl", encoding: .utf8)
      .split(separator: "\n").map { line in
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        let values = object ?? [:]
        func column<Value>(_ suffix: String) -> [String: Value] {
          Dictionary(
            uniqueKeysWithValues: names.compactMap { name in
              (values[name + suffix] as? Value).map { (name, $0) }
            })
        }
        return Golden(
          text: values["text"] as? String ?? "", ids: column(""), decoded: column("_decode"))
      }
  }

  /// A question about a picture, as one of the tiny models is asked it.
  struct PromptGolden: Decodable {
    var model: String
    /// `model_type` and the text model's.
    var architecture: String
    var tokenizer: String
    /// End of sequence.
    var end: Int
    var question: String
    var prompt: String
    /// -200 stands for the image.
    var ids: [Int]
  }

  static func prompts() throws -> [PromptGolden] {
    let data = try Data(contentsOf: URL(fileURLWithPath: folder + "/prompts.json"))
    return try JSONDecoder().decode([PromptGolden].self, from: data)
  }
}
