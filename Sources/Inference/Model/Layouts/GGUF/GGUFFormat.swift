import Basics
import Foundation

/// A GGUF pair: the text model, and "mmproj" with the vision tower and the projector
/// (mys/ggml_llava-v1.5-7b and the output of llama.cpp's converters). Or a text model alone.
enum GGUFFormat: WeightFormat {
  static let name = "GGUF"
  static let summary = "a .gguf file, its mmproj file beside it"

  static func recognises(_ path: String) throws(WeightError) -> Bool {
    if GGUFPair.isFolder(path) {
      if FileManager.default.fileExists(atPath: path + "/config.json") { return false }
      return try !GGUFPair.files(in: path).isEmpty
    }
    if path.hasSuffix(".gguf") { return true }
    let file = try MappedFile(path: path)
    return GGUFFile.hasMagic(file) || Llamafile.recognises(file)
  }

  static func headers(
    _ path: String, options: CheckpointOptions
  ) throws(WeightError) -> CheckpointHeaders {
    let pair = try GGUFPair(path: path, options: options)
    return try pair.text.metadata.file.reading { (_) throws(WeightError) in
      guard let vision = pair.vision else { return try headers(of: pair) }
      return try vision.metadata.file.reading { (_) throws(WeightError) in try headers(of: pair) }
    }
  }

  private static func headers(of pair: GGUFPair) throws(WeightError) -> CheckpointHeaders {
    let (text, vision) = (pair.text, pair.vision)
    let tower = try vision.map { file throws(WeightError) in try VisionConfiguration(gguf: file) }
    var (route, tiling): (ImageRoute, Tiling?) = (.pad, nil)
    if let vision, let tower { (route, tiling) = try picture(vision, tower) }
    let configuration = ModelConfiguration(
      vision: tower, text: try TextConfiguration(gguf: text), route: route, tiling: tiling,
      imageToken: nil)
    var naming = naming
    naming.towerFeedForwardIsSwapped =
      vision.map { namesAreSwapped($0, configuration.vision) } ?? false
    return try CheckpointHeaders(
      path: text.path, layout: name, configuration: configuration,
      tokenizer: { () throws(WeightError) in
        try text.metadata.file.reading { (_) throws(WeightError) in
          try GGUFTokenizer.tokenizer(of: text)
        }
      },
      template: try template(text, seesPictures: vision != nil),
      tensors: text.tensors.map { reordered($0, configuration.text) } + (vision?.tensors ?? []),
      source: { $0.isVision ? vision?.path ?? text.path : text.path }, naming: naming)
  }

  private static func template(
    _ file: GGUFFile, seesPictures: Bool
  ) throws(WeightError) -> TemplateEvidence {
    return TemplateEvidence(
      chatTemplates: try chatTemplates(file),
      architecture: (seesPictures ? "llava/" : "") + (try file.text("general.architecture")),
      names: [PathText.name(of: file.path), try file.text("general.name")],
      usual: (seesPictures ? Templates.llava : Templates.vicuna, name))
  }

  /// Several chat templates are under keys that end in their names; the default has the plain key.
  static func chatTemplates(
    _ file: GGUFFile
  ) throws(WeightError) -> [(source: String, text: String)] {
    let key = "tokenizer.chat_template"
    let text = try file.text(key)
    if !text.isEmpty { return [(key, text)] }
    let others = file.metadata.values.keys.filter { $0.hasPrefix(key + ".") }.sorted()
    return others.isEmpty
      ? [] : [(others.joined(separator: ", ") + " (none is the default)", "")]
  }

  /// The names that llama.cpp's converters give.
  static let naming = TensorNaming(
    family: { $0.gguf }, decoder: [""], head: [""], tower: ["v."],
    projector: (["mm.0."], ["mm.2."]), newline: ["model.image_newline"],
    // The rotary configuration reads these.
    foreign: RotaryConfiguration.GGUFNames.all.map { .name($0) })

  /// A query or key projection with its rows in the model's order.
  private static func reordered(_ tensor: Tensor, _ text: TextConfiguration) -> Tensor {
    guard case .interleavedPairs = text.decoder.ggufRows,
      tensor.name.hasPrefix(text.decoder.blocks.gguf), tensor.rows % text.headDim == 0,
      [TextBlockPart.q, .k].contains(where: { part in
        text.decoder.block[part].map { tensor.name.hasSuffix("." + $0.gguf) } ?? false
      })
    else { return tensor }
    return tensor.reordered(.interleavedPairs(headDim: text.headDim))
  }

  /// Whether the tower's two feed-forward matrices have each other's name, as in the public
  /// LLaVA-1.5 files. Their shapes show it: the first is `[feedForward, width]`.
  private static func namesAreSwapped(
    _ file: GGUFFile, _ vision: VisionConfiguration
  ) -> Bool {
    guard let second = vision.tower.block[.fc2Weight]?.gguf else { return false }
    let shape = file.tensors.first { $0.name == "v.blk.0." + second }?.shape
    return shape == [vision.feedForward, vision.width] && vision.feedForward != vision.width
  }
}
