/// A picture as the language model takes it: the rows that stand in the prompt where its marker is.
public struct ImageEmbedding: @unchecked Sendable {  // nobody writes to the rows once they are made
  /// What one square part of a picture becomes on its way to rows.
  public struct Tile: Sendable {
    /// `[3, side, side]`, normalised.
    public let pixelValues: PixelValues
    /// `[patches, vision width]`
    public let features: VisionFeatures
  }

  /// `[count, width]`. Everybody who holds the embedding shares this memory.
  let rows: FloatBuffer
  /// Positions that the picture takes in a prompt.
  public let count: Int
  /// Width of the language model.
  public let width: Int
  /// One for each square that the vision tower saw; empty unless they were to be kept.
  public let tiles: [Tile]

  /// A copy of the rows, `[count, width]`.
  public var values: [Float] { rows.array() }
}

extension LlavaModel {
  /// From a picture of any size to its rows in the prompt: the only way from pixels to the language
  /// model.
  ///
  /// LLaVA-1.5 looks at a picture as one square. A model that looks at several makes a tile of each
  /// here, and packs what the projector makes of them into one sequence of rows.
  ///
  /// - Parameters:
  ///   - route: how the picture becomes a square.
  ///   - keepingTiles: whether pixel values and features stay in memory for whoever compares them.
  ///   - progress: vision blocks done and in all; throw from it to stop.
  /// - Throws: `ModelError.blind` for a text model alone, and what `progress` throws.
  public func embed(
    _ pixels: Pixels, route: ImageRoute, keepingTiles: Bool = false,
    progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
  ) throws -> ImageEmbedding {
    let sight = try requiredSight()
    let pixelValues = ImagePreprocessor(configuration.vision).prepare(pixels, route: route)
    let features = try sight.tower.encode(pixelValues, progress: progress)
    let rows = sight.projector.project(features)
    return ImageEmbedding(
      rows: rows, count: features.patches, width: sight.projector.width,
      tiles: keepingTiles
        ? [ImageEmbedding.Tile(pixelValues: pixelValues, features: features)] : [])
  }

  /// Positions that a picture will take in a prompt, known before it is encoded.
  public func imageRows(of pixels: Pixels) -> Int { imageTokens }
}
