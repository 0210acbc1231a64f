import Foundation

@testable import Inference

/// The target that the environment names; nil when it names none.
let chosenTarget = fuzzTargets[ProcessInfo.processInfo.environment["PREFIXKV_FUZZ_TARGET"] ?? ""]

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  guard count > 0 else { return 0 }
  do {
    try chosenTarget?(UnsafeRawBufferPointer(start: bytes, count: count))
  } catch is WeightError {
  } catch is ImageError {
  } catch {
    fatalError("an untyped error reached the surface: \(error)")
  }
  return 0
}

/// A file with the input as its content; memory only.
func withFile(_ bytes: UnsafeRawBufferPointer, _ body: (MappedFile) throws -> Void)
  throws
{
  let path = "/dev/shm/prefixkv-fuzz-\(getpid())"
  let descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC, 0o600)
  precondition(descriptor >= 0, "/dev/shm must be writable")
  defer {
    close(descriptor)
    unlink(path)
  }
  precondition(
    write(descriptor, bytes.baseAddress, bytes.count) == bytes.count, "input not written")
  try body(MappedFile(path: path))
}

/// Reads every byte that the tensors claim.
func touch(_ tensors: [Tensor]) throws {
  for tensor in tensors where tensor.count < 1 << 20 { _ = try tensor.floats() }
}

func use(_ tokenizer: Tokenizer) {
  let ids = tokenizer.encode("The quick ▁ brown\n日本 fox </s>  é\u{0}")
  _ = tokenizer.decode(ids + Array(0..<min(tokenizer.count, 300)))
}

let fuzzTargets: [String: @Sendable (UnsafeRawBufferPointer) throws -> Void] = [
  "safetensors": { try withFile($0) { try touch(SafetensorsFile.tensors(of: $0)) } },
  "gguf": {
    try withFile($0) { file in
      let gguf = try GGUFFile(file)
      try touch(gguf.tensors)
      if try gguf.text("general.architecture") == "clip" {
        _ = try VisionConfiguration(gguf: gguf)
      } else {
        _ = try TextConfiguration(gguf: gguf)
        use(try GGUFTokenizer.tokenizer(of: gguf))
      }
    }
  },
  "pickle": { try withFile($0) { try touch(TorchFile.tensors(of: $0)) } },
  "sentencepiece": { try withFile($0) { use(try SentencePieceModel.tokenizer(of: $0)) } },
  "tokenizer-json": { try withFile($0) { use(try TokenizerJSON.tokenizer(of: $0)) } },
  "configuration": { bytes in
    let file = try ConfigurationFile(path: "config.json", data: Data(bytes))
    _ = try VisionConfiguration(
      file.section("vision_config"), tower: .clip,
      featureLayer: file.integer("vision_feature_layer", default: -2, in: -512...512),
      processor: file)
    _ = try TextConfiguration(file.section("text_config"), decoder: .llama)
  },
  "image": { bytes in
    _ = try ImageFile.decode(Array(bytes), path: "input", reading: .asSeen)
  },
]
