import Basics
import Foundation

/// Writes a checkpoint of any layout as a GGUF pair that llama.cpp can load, too.
public enum GGUFConversion {
  /// Types the weights can be written in.
  public static let types = ElementType.written

  /// Writes `path` (the text model) and beside it "mmproj-" and its name (vision tower, projector).
  ///
  /// Matrices of the text model, embedding and head included, are written as `type`. Where their
  /// rows do not fill its blocks, they are written as Q8_0, or else as F16. Norms and biases stay
  /// F32. The vision file is F32 for `.f32` and F16 for all other types, as in llama.cpp's
  /// converter.
  ///
  /// - Parameter progress: called with bytes written so far and in all, for each file.
  /// - Returns: the paths of both files; the second is nil for a text model alone.
  /// - Throws: `WeightError` when the type or the model cannot be written as GGUF, or a file cannot
  ///   be read or written.
  public static func write(
    _ checkpoint: Checkpoint, type: ElementType, to path: String, pool: ThreadPool,
    progress: (Int, Int) -> Void = { _, _ in }
  ) throws(WeightError) -> (text: String, projector: String?) {
    guard types.contains(type) else {
      throw .unsupported(
        path: path,
        detail: "weights cannot be written as \(type.label); available: "
          + types.map(\.label).joined(separator: ", "))
    }
    try refuseWhatHasNoKey(checkpoint)
    let name = "mmproj-" + PathText.name(of: path)
    let projector = path.contains("/") ? PathText.folder(of: path) + "/" + name : name
    do {
      try InputFiles.protect(checkpoint.files, of: "the model", from: [path, projector])
    } catch {
      throw .unwritable(error)
    }
    let textFile = try text(checkpoint, type).write(to: path, pool: pool, progress: progress)
    guard checkpoint.configuration.sight != nil else {
      do { try textFile.commit() } catch { throw .unwritable(error) }
      return (path, nil)
    }
    let visionFile = try vision(checkpoint, type == .f32 ? .f32 : .f16)
      .write(to: projector, pool: pool, progress: progress)
    // Both files take their places together, because half a pair cannot be used.
    do { try OutputFile.commit(textFile, visionFile) } catch { throw .unwritable(error) }
    return (path, projector)
  }

  /// Refuses models with parts that llama.cpp has no names for: without them, answers would change.
  private static func refuseWhatHasNoKey(_ checkpoint: Checkpoint) throws(WeightError) {
    let configuration = checkpoint.configuration
    if configuration.projectorNormEpsilon != nil {
      throw .unsupported(
        path: checkpoint.path, detail: "its projector has a norm, which GGUF files have no name for"
      )
    }
    let ends = checkpoint.tokenizer.endsThatNeedAKey
    if ends.count > GGUFTokenizer.furtherEndKeys.count {
      throw .unsupported(
        path: checkpoint.path,
        detail: "it has \(ends.count) further tokens that end an answer, and GGUF files can name "
          + "\(GGUFTokenizer.furtherEndKeys.count)")
    }
    if let vision = configuration.sight, vision.features > vision.patches {
      throw .unsupported(
        path: checkpoint.path,
        detail: "it keeps the class row among the features, which GGUF files cannot say")
    }
  }

  // MARK: Text model

  private static func text(
    _ checkpoint: Checkpoint, _ type: ElementType
  ) throws(WeightError) -> GGUFWriter {
    var writer = GGUFWriter()
    writer.metadata = try metadata(checkpoint, type)
    let text = checkpoint.configuration.text
    writer.entries = text.rotary.ggufEntries
    for part in ModelPart.all(in: checkpoint.configuration)
    where !part.isVision && !(part == .outputHead && text.headIsTied) {
      let name = GGUFFormat.naming.names(of: part, in: checkpoint.configuration)[0]
      // Parts that share a tensor share it in GGUF, too.
      guard writer.entries.last?.name != name else { continue }
      let tensor = try checkpoint.headers.storedTensor(part)
      var entry = GGUFWriter.Entry(
        name: name, type: self.type(type, for: tensor), source: tensor)
      if part.isRotated, case .interleavedPairs = text.decoder.ggufRows {
        let order = RowOrder.interleavedPairs(headDim: text.headDim)
        entry.row = { order.modelRow($0) }
      }
      writer.entries.append(entry)
    }
    return writer
  }

  private static func metadata(
    _ checkpoint: Checkpoint, _ type: ElementType
  ) throws(WeightError) -> [(key: String, value: GGUFWriter.Value)] {
    let text = checkpoint.configuration.text
    let architecture = text.decoder.ggufArchitecture
    var metadata: [(key: String, value: GGUFWriter.Value)] = [
      ("general.architecture", .string(architecture)),
      ("general.name", .string(GGUFTokenizer.modelName(checkpoint.name, checkpoint.tokenizer))),
      ("general.file_type", .integer(type.ggufFileType!)),
      ("general.quantization_version", .integer(2)),
      (architecture + ".context_length", .integer(UInt32(text.context))),
      (architecture + ".embedding_length", .integer(UInt32(text.width))),
      (architecture + ".block_count", .integer(UInt32(text.layers))),
      (architecture + ".feed_forward_length", .integer(UInt32(text.feedForward))),
      (architecture + ".attention.head_count", .integer(UInt32(text.heads))),
      (architecture + ".attention.head_count_kv", .integer(UInt32(text.kvHeads))),
      (architecture + ".attention.layer_norm_rms_epsilon", .float(text.epsilon)),
      (architecture + ".vocab_size", .integer(UInt32(text.vocabulary))),
    ]
    if text.headDim * text.heads != text.width {
      metadata += [
        (architecture + ".attention.key_length", .integer(UInt32(text.headDim))),
        (architecture + ".attention.value_length", .integer(UInt32(text.headDim))),
      ]
    }
    metadata += text.rotary.ggufMetadata(below: architecture + ".")
    // GGUF has one window for all layers.
    if let window = text.windows[0] {
      guard text.windows.allSatisfy({ $0 == window }) else {
        throw .unsupported(
          path: checkpoint.path,
          detail: "only some of its layers have a sliding window, which GGUF cannot say")
      }
      metadata.append((architecture + ".attention.sliding_window", .integer(UInt32(window))))
    }
    metadata += GGUFTokenizer.metadata(of: checkpoint.tokenizer, rows: text.vocabulary)
    metadata.append(
      ("tokenizer.chat_template", .string(checkpoint.template.chatTemplate)))
    return metadata
  }

  /// The type that a tensor is written in when the matrices are to be `type`.
  private static func type(_ type: ElementType, for tensor: Tensor) -> ElementType {
    guard tensor.shape.count > 1 else { return .f32 }
    if tensor.shape.count == 2, tensor.columns % type.blockSize == 0 { return type }
    if tensor.shape.count == 2, tensor.columns % ElementType.q8_0.blockSize == 0 { return .q8_0 }
    return .f16
  }

  // MARK: Vision file

  private static func vision(
    _ checkpoint: Checkpoint, _ type: ElementType
  ) throws(WeightError) -> GGUFWriter {
    let vision = checkpoint.configuration.vision
    var writer = GGUFWriter()
    writer.metadata = [
      ("general.architecture", .string("clip")),
      ("clip.has_text_encoder", .boolean(false)),
      ("clip.has_vision_encoder", .boolean(true)),
      ("clip.has_llava_projector", .boolean(true)),
      ("general.file_type", .integer(type.ggufFileType!)),
      ("general.name", .string(checkpoint.name)),
      ("clip.projector_type", .string("mlp")),
      ("clip.vision.image_size", .integer(UInt32(vision.imageSide))),
      ("clip.vision.patch_size", .integer(UInt32(vision.patch))),
      ("clip.vision.embedding_length", .integer(UInt32(vision.width))),
      ("clip.vision.feed_forward_length", .integer(UInt32(vision.feedForward))),
      ("clip.vision.projection_dim", .integer(UInt32(checkpoint.configuration.text.width))),
      ("clip.vision.attention.head_count", .integer(UInt32(vision.heads))),
      ("clip.vision.attention.layer_norm_epsilon", .float(vision.epsilon)),
      ("clip.vision.block_count", .integer(UInt32(vision.layers))),
      ("clip.vision.image_mean", .floats(vision.mean)),
      ("clip.vision.image_std", .floats(vision.std)),
      ("clip.use_gelu", .boolean(vision.tower.activation == .tanhGELU)),
      // When this is absent, llama.cpp runs one block fewer than are stored.
      ("clip.vision.feature_layer", .integers(vision.featureLayers.map { Int32($0) })),
    ]
    writer.metadata += tiles(checkpoint.configuration)
    for part in ModelPart.all(in: checkpoint.configuration) where part.isVision {
      let tensor = try checkpoint.tensor(part)
      writer.entries.append(
        GGUFWriter.Entry(
          name: GGUFFormat.naming.names(of: part, in: checkpoint.configuration)[0],
          type: tensor.shape.count > 1 ? type : .f32, source: tensor))
    }
    return writer
  }
}

extension GGUFConversion {
  /// The keys that say how pictures are cut for the tower.
  private static func tiles(
    _ configuration: ModelConfiguration
  ) -> [(String, GGUFWriter.Value)] {
    let prefix = "clip.vision."
    guard let tiling = configuration.tiling else {
      return configuration.route == .crop
        ? [(prefix + "image_aspect_ratio", .string("square"))] : []
    }
    let pinpoints = tiling.canvases.flatMap { [Int32($0.width), Int32($0.height)] }
    return [
      (prefix + "image_grid_pinpoints", .integers(pinpoints)),
      (prefix + "mm_patch_merge_type", .string(tiling.packing.rawValue)),
      (
        prefix + "image_aspect_ratio",
        .string(tiling.largestMap.map { "anyres_max_\($0)" } ?? "anyres")
      ),
    ]
  }
}

extension ModelPart {
  /// Whether its rows are rotated in pairs, which GGUF stores as neighbours.
  fileprivate var isRotated: Bool {
    switch self {
    case .textBlock(_, .q), .textBlock(_, .k): true
    default: false
    }
  }
}
