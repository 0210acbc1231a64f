import Foundation

@testable import Inference

/// What a model's folder holds, and pictures.
let modelTargets: [String: FuzzTarget] = [
  "safetensors": { try withMapped($0) { try touch(SafetensorsFile.tensors(of: $0)) } },
  "gguf": {
    try withMapped($0) { file in
      let gguf = try GGUFFile(file)
      try touch(gguf.tensors)
      if try gguf.text("general.architecture") == "clip" {
        _ = try GGUFFormat.picture(gguf, VisionConfiguration(gguf: gguf))
      } else {
        _ = try TextConfiguration(gguf: gguf)
        use(try GGUFTokenizer.tokenizer(of: gguf))
      }
    }
  },
  "pickle": { try withMapped($0) { try touch(TorchFile.tensors(of: $0)) } },
  "sentencepiece": { try withMapped($0) { use(try SentencePieceModel.tokenizer(of: $0)) } },
  "tokenizer-json": { try withMapped($0) { use(try TokenizerJSON.tokenizer(of: $0)) } },
  "configuration": { bytes in
    let file = try ConfigurationFile(path: "config.json", data: Data(bytes))
    let member = try HuggingFaceMember.member(of: file)
    let section = try file.section("vision_config")
    let tower = try Towers.tower(huggingFace: section)
    var vision = try VisionConfiguration(
      section, tower: tower, featureLayers: member.featureLayers(file), processor: nil)
    vision.keepsClassRow = try member.keepsClassRow(file, of: tower)
    let tiling = try member.tiling(file, processor: nil, side: vision.imageSide)
    let text = try file.section("text_config")
    for decoder in Decoders.all {
      guard let text = try? TextConfiguration(text, decoder: decoder) else { continue }
      precondition(text.windows.count == text.layers, "a window for each layer")
      let turned = text.rotary.frequencies(reach: text.context)
      precondition(turned.count * 2 == text.rotary.dimensions && turned.allSatisfy(\.isFinite))
    }
    layOut(vision, tiling, PixelSize(width: 10_000, height: 10))
  },
  "picture-layout": { bytes in
    var operations = Operations(bytes)
    func side() -> Int { (operations.next() ?? 0) << 8 + (operations.next() ?? 0) + 1 }
    let picture = PixelSize(width: side(), height: side())
    let pinpoints = operations.text()
    let file = try ConfigurationFile(
      path: "config.json",
      data: JSONSerialization.data(withJSONObject: [
        "model_type": "llava_next", "image_grid_pinpoints": pinpoints,
        "vision_config": ["image_size": 28, "patch_size": 1 + (operations.next() ?? 0) % 28],
      ]))
    let member = try HuggingFaceMember.member(of: file)
    let vision = try VisionConfiguration(
      file.section("vision_config"), tower: .clip, featureLayers: [-2], processor: nil)
    layOut(vision, try member.tiling(file, processor: nil, side: 28), picture)
  },
  "manifest": { bytes in
    try withInput(bytes) { path in
      let manifest = try OllamaManifest(path: path, blobs: "/nonexistent")
      for layer in manifest.layers {
        // No digest leads out of the folder of blobs, and nothing is in this one.
        do {
          let blob = try manifest.blob(layer)
          preconditionFailure("\(blob) is not there")
        } catch is WeightError {}
      }
    }
  },
  "model-name": { bytes in
    let name = String(decoding: bytes, as: UTF8.self)
    if let parsed = OllamaName(name) {
      precondition(OllamaName(parsed.text) == parsed, "a name reads its own text")
      precondition(!parsed.path.split(separator: "/").contains { $0.hasPrefix(".") }, "only down")
    }
    if let parsed = HuggingFaceStore.Name(name) {
      let folders = parsed.selector.split(separator: "/")
      precondition(!folders.contains { $0.hasPrefix(".") }, "a file of the snapshot")
      precondition(!parsed.repository.split(separator: "/").contains(".."), "only down")
    }
    _ = GGUFFileName(name).type
    for store in ModelStores.all(environment: ["HOME": "/nonexistent"]) where store.root != "models"
    {
      _ = try store.model(name)
    }
  },
  "image": { bytes in
    let pixels = try ImageFile.decode(Array(bytes), path: "input", reading: .asSeen)
    precondition(pixels.rgb.count == pixels.width * pixels.height * 3, "a picture of its size")
    try decodeFraction(Array(bytes))
  },
]

/// Large pictures are decoded at a fraction of their sides; inputs are too small for that.
private func decodeFraction(_ bytes: [UInt8]) throws {
  guard let format = ImageFormat.all.first(where: { $0.begins(bytes) }) else { return }
  let header = try ImageFile.header(of: bytes, format: format, path: "input")
  guard header.shrinks else { return }
  let (width, height) = ((header.width + 3) / 4, (header.height + 3) / 4)
  let part = try ImageFile.pixels(
    of: bytes, format: format, width: width, height: height, channels: header.hasAlpha ? 4 : 3,
    shrink: 4, path: "input")
  precondition(part.rgb.count == width * height * 3, "a fraction of its size")
}

/// Every row of a picture has a kind and lies inside the picture.
private func layOut(_ vision: VisionConfiguration, _ tiling: Tiling?, _ picture: PixelSize) {
  guard vision.patches < 1 << 12 else { return }
  let layout = PictureLayout(
    picture, route: tiling == nil ? .pad : .anyres, vision: vision, tiling: tiling)
  precondition(layout.count >= layout.baseRows, "the base is always there")
  for row in stride(from: 0, to: layout.count, by: 1 + layout.count / 1000) {
    guard let region = layout.region(ofRow: row) else { continue }
    precondition(
      region.x >= 0 && region.width > 0
        && region.x + region.width <= Double(picture.width) + 1e-6, "inside")
    precondition(
      region.y >= 0 && region.height > 0
        && region.y + region.height <= Double(picture.height) + 1e-6, "inside")
  }
}

private func withMapped(
  _ bytes: UnsafeRawBufferPointer, _ body: (MappedFile) throws -> Void
) throws {
  try withInput(bytes) { try body(MappedFile(path: $0)) }
}

/// Reads every byte that the tensors claim.
private func touch(_ tensors: [Tensor]) throws {
  for tensor in tensors where tensor.count < 1 << 20 { _ = try tensor.floats() }
}

private func use(_ tokenizer: Tokenizer) {
  let ids = tokenizer.encode("The quick ▁ brown\n日本 fox </s>  é\u{0}")
  precondition(ids.allSatisfy { (0..<tokenizer.count).contains($0) }, "ids of the vocabulary")
  _ = tokenizer.decode(ids + Array(-1..<min(tokenizer.count + 1, 300)))
}
