import Basics
/// A model of a given shape with random weights and no file, for measuring: speed depends on shapes
/// and types, not on values.
public enum SyntheticCheckpoint {
  /// What stands for a layout of files.
  static let layout = "synthetic"

  /// The shapes that `prefixkv bench --synthetic` knows.
  public static let shapes: [(name: String, configuration: ModelConfiguration)] = [
    ("llava-1.5-7b", llava(width: 4096, layers: 32, heads: 32, feedForward: 11008)),
    ("llava-1.5-13b", llava(width: 5120, layers: 40, heads: 40, feedForward: 13824)),
    ("llava-1.6-7b", tiled(llava(width: 4096, layers: 32, heads: 32, feedForward: 11008))),
    ("llava-1.6-mistral-7b", tiled(mistral)),
    ("tiny", tiny),
  ]

  /// - Parameters:
  ///   - type: of the language model's matrices. Vision tower and projector are F16, as in published
  ///     files.
  ///   - layers: of the decoder, at least 1; nil for the shape's own number.
  /// - Throws: `WeightError.unsupported` for an unknown shape, naming those that are available.
  public static func make(
    shape name: String, type: ElementType, layers: Int? = nil
  ) throws(WeightError) -> Checkpoint {
    guard let shape = shapes.first(where: { $0.name == name }) else {
      throw .unsupported(
        path: name,
        detail: "it is no known shape; available: "
          + shapes.map(\.name).joined(separator: ", "))
    }
    var configuration = shape.configuration
    var title = name
    if let layers {
      title += "-\(layers)-layers"
      configuration.text.layers = layers
      configuration.text.windows = Array(repeating: nil, count: layers)
    }
    let parts = ModelPart.all(in: configuration)
    let naming = GGUFFormat.naming
    // All tensors of a type share one buffer: they are read once, when the kernels repack them.
    var largest: [ElementType: Int] = [:]
    for part in parts {
      let stored = storedType(part, text: type)
      let count = part.shape(in: configuration).reduce(1, *)
      largest[stored] = max(largest[stored] ?? 0, stored.bytes(count: count) ?? 0)
    }
    let buffers = Dictionary(
      uniqueKeysWithValues: largest.map { ($0.key, randomBytes(type: $0.key, count: $0.value)) })
    let tensors = parts.map { part in
      let stored = storedType(part, text: type)
      let shape = part.shape(in: configuration)
      let owner = buffers[stored]!
      let bytes = stored.bytes(count: shape.reduce(1, *))!
      return Tensor(
        name: naming.names(of: part, in: configuration)[0], shape: shape, type: stored,
        bytes: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(owner.buffer)[..<bytes]),
        owner: owner)
    }
    return try Checkpoint(
      CheckpointHeaders(
        path: "synthetic/\(title)", layout: layout, configuration: configuration,
        tokenizer: { byteTokenizer() },
        template: TemplateEvidence(usual: (Templates.llava, "synthetic")), tensors: tensors,
        source: { _ in title }, naming: naming))
  }

  private static func llava(
    width: Int, layers: Int, heads: Int, feedForward: Int
  ) -> ModelConfiguration {
    ModelConfiguration(
      vision: VisionConfiguration(
        tower: .clip, width: 1024, heads: 16, feedForward: 4096, imageSide: 336, patch: 14,
        featureLayers: [23], epsilon: 1e-5, mean: TowerArchitecture.clip.mean,
        std: TowerArchitecture.clip.std),
      text: TextConfiguration(
        decoder: .llama, width: width, layers: layers, heads: heads, kvHeads: heads, headDim: 128,
        feedForward: feedForward, vocabulary: 32000, epsilon: 1e-5,
        rotary: RotaryConfiguration(base: 10000, dimensions: 128), context: 4096,
        windows: Array(repeating: nil, count: layers)),
      imageToken: nil)
  }

  private static var mistral: ModelConfiguration {
    var model = llava(width: 4096, layers: 32, heads: 32, feedForward: 14336)
    model.text.kvHeads = 8
    model.text.context = 32768
    return model
  }

  /// The same model with the tiles of LLaVA-1.6.
  private static func tiled(_ model: ModelConfiguration) -> ModelConfiguration {
    var model = model
    model.route = .anyres
    model.tiling = Tiling(
      canvases: Tiling.standardCanvases(side: model.vision.imageSide), packing: .spatialUnpad,
      roundsMargins: false)
    return model
  }

  /// Its embedding has a row for every piece of the bundled model, whose texts `measureReplay` decodes.
  private static let tiny = ModelConfiguration(
    vision: VisionConfiguration(
      tower: .clip, width: 192, heads: 6, feedForward: 768, imageSide: 168, patch: 14,
      featureLayers: [6], epsilon: 1e-5, mean: TowerArchitecture.clip.mean,
      std: TowerArchitecture.clip.std),
    text: TextConfiguration(
      decoder: .llama, width: 256, layers: 8, heads: 8, kvHeads: 8, headDim: 32, feedForward: 704,
      vocabulary: 2048, epsilon: 1e-5,
      rotary: RotaryConfiguration(base: 10000, dimensions: 32), context: 4096,
      windows: Array(repeating: nil, count: 8)),
    imageToken: nil)

  private static func storedType(_ part: ModelPart, text: ElementType) -> ElementType {
    switch part {
    case .tokenEmbedding, .outputHead, .textBlock(_, .q), .textBlock(_, .k), .textBlock(_, .v),
      .textBlock(_, .o), .textBlock(_, .gate), .textBlock(_, .up), .textBlock(_, .down):
      text
    case .visionBlock(_, .qWeight), .visionBlock(_, .kWeight), .visionBlock(_, .vWeight),
      .visionBlock(_, .oWeight), .visionBlock(_, .fc1Weight), .visionBlock(_, .fc2Weight),
      .projector1Weight, .projector2Weight, .visionPatchEmbedding:
      .f16
    default: .f32
    }
  }

  /// Small random values; for block types random quants with sensible scales.
  private static func randomBytes(type: ElementType, count: Int) -> OwnedBytes {
    let owner = OwnedBytes(count: count)
    let bytes = UnsafeMutableRawBufferPointer(owner.buffer)
    var generator = SplitMix64(seed: 1)
    switch type {
    case .f32:
      for index in 0..<count / 4 {
        bytes.storeBytes(
          of: Float(generator.unit() - 0.5) * 0.04, toByteOffset: 4 * index, as: Float.self)
      }
    case .f16:
      for index in 0..<count / 2 {
        // Exponent of about 2^-6, random sign and mantissa.
        let bits = UInt16(truncatingIfNeeded: generator.next())
        bytes.storeBytes(of: bits & 0x83ff | 0x2400, toByteOffset: 2 * index, as: UInt16.self)
      }
    default:
      for index in 0..<count / 8 {
        bytes.storeBytes(of: generator.next(), toByteOffset: 8 * index, as: UInt64.self)
      }
      for block in stride(from: 0, to: count, by: type.blockBytes) {
        for offset in type.scaleOffsets {
          bytes.storeBytes(of: UInt16(0x1000), toByteOffset: block + offset, as: UInt16.self)
        }
      }
    }
    return owner
  }

  /// Every byte is a token: enough to make prompts of any length.
  private static func byteTokenizer() -> Tokenizer {
    var vocabulary = Vocabulary(capacity: 259)
    vocabulary.append("<unk>".utf8, kind: .unknown)
    vocabulary.append("<s>".utf8, kind: .control)
    vocabulary.append("</s>".utf8, kind: .control)
    for byte in UInt8.min...UInt8.max {
      let name = byte < 16 ? "<0x0" : "<0x"
      vocabulary.append(
        (name + String(byte, radix: 16, uppercase: true) + ">").utf8, kind: .byte(byte))
    }
    let merging = SentencePieceMerging(
      merges: .pieces(ranks: Array(repeating: .max, count: 259)), prefix: .none, unknown: 0,
      unknownText: "")
    return Tokenizer(
      vocabulary: vocabulary, added: [], merging: merging, specials: Specials(begin: 1, end: 2),
      mandatoryCount: 259)
  }
}
