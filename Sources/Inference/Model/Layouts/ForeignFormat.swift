import Basics
import Foundation

/// Guesses what a path is that no layout recognises, so that its refusal can say what would work.
enum ForeignFormat {
  /// The cause and what to do, as part of a sentence; nil when nothing is known about the path.
  static func cause(_ path: String) -> String? {
    GGUFPair.isFolder(path) ? cause(ofFolder: path) : cause(ofFile: path)
  }

  /// The cause when a folder with a configuration holds only an adapter's weights and is no model.
  static func adapter(_ path: String) -> String? {
    let weights = ["model.safetensors", "pytorch_model.bin"].flatMap { [$0, $0 + ".index.json"] }
    guard MappedFile.isListed(path + "/" + entries[0].name),
      !weights.contains(where: { MappedFile.isListed(path + "/" + $0) })
    else { return nil }
    return entries[0].cause
  }

  // MARK: Folders

  /// Entries by which a folder without a configuration is recognised, and the cause.
  private static let entries: [(name: String, cause: String)] = [
    (
      "adapter_config.json",
      "it holds an adapter (LoRA), not a whole model; merge it into its base model first"
    ),
    (
      "params.json",
      "it is in Meta's own layout; convert it to the Hugging Face layout with transformers"
    ),
    ("model_index.json", "it is a model of diffusers, which makes pictures"),
    ("model.onnx", "it is an ONNX model; give the original weights or a GGUF file"),
    ("tf_model.h5", "it holds TensorFlow weights; give safetensors or a GGUF file"),
    ("flax_model.msgpack", "it holds Flax weights; give safetensors or a GGUF file"),
    ("model.safetensors", "its config.json is missing"),
    ("model.safetensors.index.json", "its config.json is missing"),
    ("pytorch_model.bin", "its config.json is missing"),
    ("pytorch_model.bin.index.json", "its config.json is missing"),
  ]

  private static func cause(ofFolder path: String) -> String? {
    entries.first { MappedFile.isListed(path + "/" + $0.name) }?.cause
  }

  // MARK: Files

  /// The first bytes of formats that people take for a model, and the cause.
  private static let beginnings: [(magic: [UInt8], cause: String)] = [
    // llama.cpp's formats before GGUF: 'ggml', 'ggmf' and 'ggjt' as little-endian numbers.
    (Array("lmgg".utf8), older), (Array("fmgg".utf8), older), (Array("tjgg".utf8), older),
    ([0x1f, 0x8b], archive), (Array("BZh".utf8), archive), ([0xfd, 0x37, 0x7a, 0x58], archive),
    (Array("Rar!".utf8), archive), ([0x28, 0xb5, 0x2f, 0xfd], archive),
    ([0x89, 0x48, 0x44, 0x46], "it is an HDF5 file; give safetensors or a GGUF file"),
  ]
  private static let older =
    "it is older than GGUF; convert the original weights with llama.cpp's converter"
  private static let archive = "it is an archive; unpack it and give the model in it"

  private static func cause(ofFile path: String) -> String? {
    let folder = PathText.folder(of: path)
    if MappedFile.isListed(folder + "/config.json") {
      return "it is one file of a model; give its folder, '\(folder)'"
    }
    guard let file = try? MappedFile(path: path) else { return nil }
    if let known = beginnings.first(where: { file.bytes.starts(with: $0.magic) }) {
      return known.cause
    }
    for ending in [".safetensors", ".bin", ".pt", ".pth"] where path.hasSuffix(ending) {
      return "it holds only weights; give a folder with its config.json and tokenizer"
    }
    return nil
  }
}
