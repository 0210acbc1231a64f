import Foundation

/// A GGUF pair: the text model, and "mmproj" with the vision tower and the projector
/// (mys/ggml_llava-v1.5-7b and the output of llama.cpp's converters).
public enum GGUFFormat: WeightFormat {
  public static let name = "GGUF"
  public static let summary = "a .gguf file with its mmproj file beside it"

  public static func recognises(_ path: String) throws(WeightError) -> Bool {
    if isFolder(path) {
      if FileManager.default.fileExists(atPath: path + "/config.json") { return false }
      return try !ggufFiles(in: path).isEmpty
    }
    if path.hasSuffix(".gguf") { return true }
    return try GGUFFile.hasMagic(MappedFile(path: path))
  }

  public static func open(
    _ path: String, options: CheckpointOptions
  ) throws(WeightError) -> Checkpoint {
    let text = try textFile(path)
    let configuration = try TextConfiguration(gguf: text)
    let projector = try projectorFile(for: text, width: configuration.width, options: options)
    let tokenizer = try tokenizer(text)
    let vision = try VisionConfiguration(gguf: projector)
    let swapped = namesAreSwapped(projector, vision)
    return try Checkpoint(
      path: text.path, layout: name,
      configuration: ModelConfiguration(
        vision: vision, text: configuration, imageToken: nil),
      tokenizer: tokenizer,
      template: Templates.quoted(in: try text.text("tokenizer.chat_template")) ?? Templates.llava,
      tensors: (text.tensors + projector.tensors).map { reordered($0, configuration) },
      source: { part in
        part.isVision ? projector.path : text.path
      },
      names: { names(of: $0, swapped: swapped) })
  }

  // MARK: The two files

  private static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      && isFolder.boolValue
  }

  /// Sorted by name.
  private static func ggufFiles(in folder: String) throws(WeightError) -> [String] {
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: folder)
    } catch {
      throw .unreadable(path: folder, reason: "its files cannot be listed")
    }
    return names.filter { $0.hasSuffix(".gguf") }.sorted().map { folder + "/" + $0 }
  }

  private static func textFile(_ path: String) throws(WeightError) -> GGUFFile {
    guard isFolder(path) else {
      let file = try GGUFFile(path: path)
      switch try file.text("general.architecture") {
      case "llama": return file
      case "clip":
        throw .unsupported(
          path: path,
          detail: "it is the vision half of a GGUF pair; give the text model, this file is found "
            + "beside it")
      case let other:
        throw .unsupported(
          path: path, detail: "its architecture is '\(other)'; LLaVA-1.5 has 'llama'")
      }
    }
    var files: [GGUFFile] = []
    for path in try ggufFiles(in: path) {
      let file = try GGUFFile(path: path)
      if try file.text("general.architecture") == "llama" { files.append(file) }
    }
    guard files.count == 1 else {
      throw .unsupported(
        path: path,
        detail: "it holds \(files.count) GGUF text models; give one of "
          + files.map { "'\($0.path)'" }.joined(separator: ", "))
    }
    return files[0]
  }

  /// The vision file: the one given, else one beside the text model that fits its width. Of several,
  /// the one named "mmproj-" and the text file's name, then the shortest name.
  private static func projectorFile(
    for text: GGUFFile, width: Int, options: CheckpointOptions
  ) throws(WeightError) -> GGUFFile {
    if let path = options.projector {
      let file = try GGUFFile(path: path)
      guard try file.text("general.architecture") == "clip" else {
        throw .unsupported(path: path, detail: "it is no vision file (mmproj) of a GGUF pair")
      }
      return file
    }
    let folder = (text.path as NSString).deletingLastPathComponent
    let own = (text.path as NSString).lastPathComponent
    let candidates = try ggufFiles(in: folder.isEmpty ? "." : folder).filter { $0 != text.path }
    let ordered = candidates.sorted { first, second in
      func rank(_ path: String) -> (Int, Int, String) {
        let name = (path as NSString).lastPathComponent
        return (name == "mmproj-" + own ? 0 : name.contains("mmproj") ? 1 : 2, name.count, name)
      }
      return rank(first) < rank(second)
    }
    for path in ordered {
      let file = try GGUFFile(path: path)
      if try file.text("general.architecture") == "clip",
        file.tensors.first(where: { $0.name == "mm.2.weight" })?.shape == [width, width]
      {
        return file
      }
    }
    throw .unreadable(
      path: text.path,
      reason:
        "its vision file (mmproj-*.gguf, for a text model of width \(width)) is not beside it; "
        + "give it with --mmproj")
  }

  // MARK: Tokenizer

  static func tokenizer(_ file: GGUFFile) throws(WeightError) -> Tokenizer {
    let model = try file.text("tokenizer.ggml.model")
    guard model == "llama" else {
      throw .unsupported(
        path: file.path, detail: "its tokenizer is '\(model)'; LLaVA-1.5 has 'llama'")
    }
    let texts = try file.strings("tokenizer.ggml.tokens")
    let scores = try file.numbers("tokenizer.ggml.scores") ?? []
    let types = try file.numbers("tokenizer.ggml.token_type") ?? []
    guard scores.count == texts.count, types.count == texts.count else {
      throw .damaged(
        path: file.path,
        detail: "its tokenizer has \(texts.count) pieces, but \(scores.count) scores and "
          + "\(types.count) types")
    }
    var pieces: [ScoredPiece] = []
    for (id, text) in texts.enumerated() {
      guard let type = SentencePieceModel.PieceType(rawValue: Int(types[id])) else {
        throw .damaged(path: file.path, detail: "piece \(id) has the unknown type \(types[id])")
      }
      pieces.append(ScoredPiece(text: text, score: Float(scores[id]), type: type))
    }
    let ids = 0...max(0, pieces.count - 1)
    return try ScoredPiece.tokenizer(
      pieces, path: file.path,
      spacePrefix: try file.boolean("tokenizer.ggml.add_space_prefix", default: true)
        ? .prepend : .none,
      bos: try file.integer("tokenizer.ggml.bos_token_id", default: 1, in: ids),
      eos: try file.integer("tokenizer.ggml.eos_token_id", default: 2, in: ids),
      unknown: try file.integer("tokenizer.ggml.unknown_token_id", default: 0, in: ids))
  }

  // MARK: Names

  /// Query and key rows are stored as pairs of neighbours.
  private static func reordered(_ tensor: Tensor, _ text: TextConfiguration) -> Tensor {
    guard tensor.name.hasPrefix("blk."),
      tensor.name.hasSuffix(".attn_q.weight") || tensor.name.hasSuffix(".attn_k.weight"),
      tensor.rows % text.headDim == 0
    else { return tensor }
    return tensor.reordered(.interleavedPairs(headDim: text.headDim))
  }

  /// Whether fc1 is called `ffn_down` and fc2 `ffn_up`, as in the public LLaVA-1.5 files: told by
  /// shape, fc1 is `[feedForward, width]`.
  private static func namesAreSwapped(_ file: GGUFFile, _ vision: VisionConfiguration) -> Bool {
    file.tensors.first { $0.name == "v.blk.0.ffn_down.weight" }?.shape
      == [vision.feedForward, vision.width] && vision.feedForward != vision.width
  }

  static func names(of part: ModelPart, swapped: Bool) -> [String] {
    switch part {
    case .visionClassEmbedding: return ["v.class_embd"]
    case .visionPatchEmbedding: return ["v.patch_embd.weight"]
    case .visionPositionEmbedding: return ["v.position_embd.weight"]
    case .visionPreNormWeight: return ["v.pre_ln.weight"]
    case .visionPreNormBias: return ["v.pre_ln.bias"]
    case .visionBlock(let layer, let part):
      return ["v.blk.\(layer).\(visionName(part, swapped: swapped))"]
    case .projector1Weight: return ["mm.0.weight"]
    case .projector1Bias: return ["mm.0.bias"]
    case .projector2Weight: return ["mm.2.weight"]
    case .projector2Bias: return ["mm.2.bias"]
    case .tokenEmbedding: return ["token_embd.weight"]
    case .textBlock(let layer, let part): return ["blk.\(layer).\(textName(part)).weight"]
    case .finalNorm: return ["output_norm.weight"]
    case .outputHead: return ["output.weight", "token_embd.weight"]
    }
  }

  private static func visionName(_ part: VisionBlockPart, swapped: Bool) -> String {
    let (fc1, fc2) = swapped ? ("ffn_down", "ffn_up") : ("ffn_up", "ffn_down")
    return switch part {
    case .norm1Weight: "ln1.weight"
    case .norm1Bias: "ln1.bias"
    case .qWeight: "attn_q.weight"
    case .qBias: "attn_q.bias"
    case .kWeight: "attn_k.weight"
    case .kBias: "attn_k.bias"
    case .vWeight: "attn_v.weight"
    case .vBias: "attn_v.bias"
    case .oWeight: "attn_out.weight"
    case .oBias: "attn_out.bias"
    case .norm2Weight: "ln2.weight"
    case .norm2Bias: "ln2.bias"
    case .fc1Weight: fc1 + ".weight"
    case .fc1Bias: fc1 + ".bias"
    case .fc2Weight: fc2 + ".weight"
    case .fc2Bias: fc2 + ".bias"
    }
  }

  private static func textName(_ part: TextBlockPart) -> String {
    switch part {
    case .inputNorm: "attn_norm"
    case .q: "attn_q"
    case .k: "attn_k"
    case .v: "attn_v"
    case .o: "attn_output"
    case .postNorm: "ffn_norm"
    case .gate: "ffn_gate"
    case .up: "ffn_up"
    case .down: "ffn_down"
    }
  }
}

// MARK: - Configuration

extension TextConfiguration {
  /// Reads the `llama.*` keys of a text model.
  init(gguf file: GGUFFile) throws(WeightError) {
    width = try file.integer("llama.embedding_length", in: SizeLimit.width)
    layers = try file.integer("llama.block_count", in: SizeLimit.layers)
    heads = try file.integer("llama.attention.head_count", in: SizeLimit.heads)
    kvHeads = try file.integer("llama.attention.head_count_kv", default: heads, in: 1...heads)
    guard width % heads == 0, heads % kvHeads == 0, width / heads % 2 == 0 else {
      throw file.invalid(
        "llama.attention.head_count", expected: "heads that divide the width \(width) evenly")
    }
    headDim = width / heads
    let rotated = try file.integer(
      "llama.rope.dimension_count", default: headDim, in: 1...SizeLimit.width.upperBound)
    guard rotated == headDim else {
      throw file.invalid("llama.rope.dimension_count", expected: "the head size \(headDim)")
    }
    feedForward = try file.integer("llama.feed_forward_length", in: SizeLimit.feedForward)
    vocabulary = try file.integer(
      "llama.vocab_size",
      default: file.tensors.first { $0.name == "token_embd.weight" }?.shape.first,
      in: SizeLimit.vocabulary)
    epsilon = Float(
      try file.number(
        "llama.attention.layer_norm_rms_epsilon", default: 1e-5, in: SizeLimit.epsilon))
    ropeBase = try file.number("llama.rope.freq_base", default: 10000, in: SizeLimit.ropeBase)
    context = try file.integer("llama.context_length", default: 2048, in: SizeLimit.context)
    let scaling = try file.text("llama.rope.scaling.type")
    guard ["", "none"].contains(scaling) else {
      throw .unsupported(
        path: file.path,
        detail: "llama.rope.scaling.type is '\(scaling)'; only plain rotary positions are known")
    }
  }
}

extension VisionConfiguration {
  /// Reads the `clip.*` keys of a vision file.
  ///
  /// Such files leave out the blocks behind the features, so all stored blocks are run unless
  /// `clip.vision.feature_layer` says otherwise (SPEC.md §7).
  init(gguf file: GGUFFile) throws(WeightError) {
    let projector = try file.text("clip.projector_type")
    guard ["", "mlp"].contains(projector) else {
      throw .unsupported(
        path: file.path, detail: "its projector is '\(projector)'; LLaVA-1.5 has 'mlp'")
    }
    for key in ["clip.use_gelu", "clip.use_silu"] {
      guard try !file.boolean(key, default: false) else {
        throw .unsupported(path: file.path, detail: "\(key) is true; LLaVA-1.5 uses quick-GELU")
      }
    }
    width = try file.integer("clip.vision.embedding_length", in: SizeLimit.width)
    heads = try file.integer("clip.vision.attention.head_count", in: SizeLimit.heads)
    guard width % heads == 0 else {
      throw file.invalid(
        "clip.vision.attention.head_count", expected: "a divisor of the width \(width)")
    }
    feedForward = try file.integer("clip.vision.feed_forward_length", in: SizeLimit.feedForward)
    imageSide = try file.integer("clip.vision.image_size", in: SizeLimit.imageSide)
    patch = try file.integer("clip.vision.patch_size", in: 1...imageSide)
    guard imageSide % patch == 0 else {
      throw file.invalid(
        "clip.vision.patch_size", expected: "a divisor of the image side \(imageSide)")
    }
    epsilon = Float(
      try file.number(
        "clip.vision.attention.layer_norm_epsilon", default: 1e-5, in: SizeLimit.epsilon))
    let stored = try file.integer("clip.vision.block_count", in: SizeLimit.layers)
    layers = stored
    if let features = try file.numbers("clip.vision.feature_layer") {
      guard features.count == 1, let layer = Int(exactly: features[0]), 1...stored ~= layer else {
        throw .unsupported(
          path: file.path,
          detail: "clip.vision.feature_layer is \(features); one layer from 1 to \(stored) is known"
        )
      }
      layers = layer
    }
    func channels(_ key: String, default fallback: [Float]) throws(WeightError) -> [Float] {
      guard let values = try file.numbers(key) else { return fallback }
      guard values.count == 3, values.allSatisfy(\.isFinite) else {
        throw file.invalid(key, expected: "three numbers")
      }
      return values.map { Float($0) }
    }
    mean = try channels("clip.vision.image_mean", default: Self.clipMean)
    std = try channels("clip.vision.image_std", default: Self.clipStd)
    guard std.allSatisfy({ $0 > 0 }) else {
      throw file.invalid("clip.vision.image_std", expected: "three positive numbers")
    }
  }
}
