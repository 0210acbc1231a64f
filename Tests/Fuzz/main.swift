// Fuzz targets for everything that reads files, under libFuzzer and the address sanitizer; built and
// run by scripts/fuzz.sh. PREFIXKV_FUZZ_TARGET picks one. A typed error is a fine answer to any input;
// a crash, a hang or gigabytes of memory is not.

import Foundation

@testable import Inference

@_silgen_name("LLVMFuzzerRunDriver")
func runDriver(
  _ count: UnsafeMutablePointer<Int32>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

/// A file with the input as its content; memory only.
nonisolated func withFile(_ bytes: UnsafeRawBufferPointer, _ body: (MappedFile) throws -> Void)
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
nonisolated func touch(_ tensors: [Tensor]) throws {
  for tensor in tensors where tensor.count < 1 << 20 { _ = try tensor.floats() }
}

nonisolated func use(_ tokenizer: Tokenizer) {
  let ids = tokenizer.encode("The quick ▁ brown\n日本 fox </s>  é\u{0}")
  _ = tokenizer.decode(ids + Array(0..<min(tokenizer.count, 300)))
}

let targets: [String: @Sendable (UnsafeRawBufferPointer) throws -> Void] = [
  "safetensors": { try withFile($0) { try touch(SafeTensors.tensors(of: $0)) } },
  "gguf": {
    try withFile($0) { file in
      let gguf = try GGUFFile(file)
      try touch(gguf.tensors)
      if try gguf.text("general.architecture") == "clip" {
        _ = try VisionConfiguration(gguf: gguf)
      } else {
        _ = try TextConfiguration(gguf: gguf)
        use(try GGUFFormat.tokenizer(gguf))
      }
    }
  },
  "pickle": { try withFile($0) { try touch(TorchFile.tensors(of: $0)) } },
  "sentencepiece": { try withFile($0) { use(try SentencePieceModel.tokenizer(of: $0)) } },
  "tokenizer-json": { try withFile($0) { use(try TokenizerJSON.tokenizer(of: $0)) } },
  "configuration": { bytes in
    let file = try ConfigurationFile(path: "config.json", data: Data(bytes))
    _ = try VisionConfiguration(
      clip: file.section("vision_config"),
      featureLayer: file.integer("vision_feature_layer", default: -2, in: -512...512),
      preprocessor: file)
    _ = try TextConfiguration(llama: file.section("text_config"))
  },
  "image": { bytes in
    _ = try ImageFile.decode(Array(bytes), path: "input", applyOrientation: true)
  },
]

let name = ProcessInfo.processInfo.environment["PREFIXKV_FUZZ_TARGET"] ?? ""
guard let target = targets[name] else {
  print("PREFIXKV_FUZZ_TARGET must be one of \(targets.keys.sorted().joined(separator: ", "))")
  exit(64)
}
let chosen = target

@_cdecl("LLVMFuzzerTestOneInput")
public nonisolated func fuzzOne(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  guard count > 0 else { return 0 }
  do {
    try chosen(UnsafeRawBufferPointer(start: bytes, count: count))
  } catch is WeightError {
  } catch is ImageError {
  } catch {
    fatalError("an untyped error reached the surface: \(error)")
  }
  return 0
}

var count = CommandLine.argc
var arguments = CommandLine.unsafeArgv
exit(runDriver(&count, &arguments, fuzzOne))
