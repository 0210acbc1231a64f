import Basics

/// The memory that a model takes once it is loaded, known before anything is read.
public struct MemoryNeed: Sendable, Equatable {
  /// Bytes of the packed matrices. The token embedding stays in its file and is not counted.
  public let weights: Int
  /// Bytes of keys and values for the largest picture and a short question, in f16.
  public let cache: Int

  /// Bytes that are computed with: rows of the largest square of a picture in the vision tower, or
  /// of a chunk of the prompt in the decoder, whichever are more.
  public let work: Int

  /// Bytes of all three.
  public var bytes: Int { weights + cache + work }

  /// Positions that are counted for the question and the beginning of the answer.
  static let textPositions = 256

  /// What a model needs whose matrices keep their stored types.
  init(_ checkpoint: CheckpointHeaders) throws {
    let loader = WeightLoader(
      checkpoint: checkpoint, matrixType: nil, visionType: nil, pool: try ThreadPool(threads: 1))
    try self.init(checkpoint, loader)
  }

  init(_ checkpoint: CheckpointHeaders, _ loader: WeightLoader) throws {
    let configuration = checkpoint.configuration
    weights = try ModelPart.all(in: configuration).reduce(0) { sum, part in
      part == .tokenEmbedding ? sum : sum + (try loader.packedBytes(part))
    }
    let text = configuration.text
    let positions = min(text.context, configuration.maximumImageRows + Self.textPositions)
    cache = 2 * 2 * text.layers * text.kvHeads * text.headDim * positions
    // As `VisionTower.encode` and `DecoderWorkspace` hold them, with the inputs of a product.
    let tower = configuration.sight.map { vision in
      vision.positions * (7 * vision.width + 2 * vision.feedForward)
    }
    let rows = min(positions, LanguageModel.promptChunk)
    let decoder =
      rows
      * (3 * text.width + 2 * (text.heads + text.kvHeads) * text.headDim + 2 * text.feedForward)
    work = 4 * max(tower ?? 0, decoder)
  }

  /// Checks that the memory is there. An amount that could not be measured (nil) passes.
  ///
  /// - Throws: `ModelError.notEnoughMemory` when less than this is available.
  func verify(available: AvailableMemory?) throws {
    guard let available, available.bytes < bytes else { return }
    throw ModelError.notEnoughMemory(self, available)
  }
}
