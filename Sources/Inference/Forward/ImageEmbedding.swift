/// A picture as the language model reads it: the rows that take its marker's place in the prompt.
public struct ImageEmbedding: @unchecked Sendable {  // nobody writes to the rows once they are made
  /// One square part of a picture before and after the vision tower.
  public struct Tile: Sendable {
    /// `[3, side, side]`, normalised.
    public let pixelValues: PixelValues
    /// `[features, feature width]`: what the vision tower made of the pixels.
    public let features: VisionFeatures
  }

  /// `[count, width]`. All copies of the embedding share this memory.
  let rows: FloatBuffer
  /// Positions that the picture takes in a prompt.
  public let count: Int
  /// Width of the language model.
  public let width: Int
  /// Which part of the picture each of the tower's rows describes.
  public let layout: PictureLayout
  /// `[count]`: the rows of the layout whose mean each row is; itself alone unless rows were reduced.
  public let sources: [[Int]]
  /// `[layout.count]`: the class token's attention to each patch; nil where the tower has none.
  let classAttention: [Float]?
  /// One for each square that the vision tower saw; empty unless `embed` was told to keep them.
  public let tiles: [Tile]

  /// A copy of the rows, `[count, width]`.
  public var values: [Float] { rows.array() }
}

extension LlavaModel {
  /// Turns a picture of any size into its rows of the prompt. No other function takes pixels to the
  /// language model.
  ///
  /// The picture's squares go through tower and projector one after the other, and the rows of each
  /// are put in place at once, so that working memory does not grow with the number of tiles.
  ///
  /// - Parameters:
  ///   - route: how the picture is cut and scaled for the tower; nil takes the model's own route.
  ///   - tiles: the most squares to cut, the one with the whole picture included; nil cuts as many
  ///     as the model wants.
  ///   - keepingTiles: whether pixel values and features stay in memory, in `tiles` of the result.
  ///   - progress: vision blocks done and in all, over all squares; throw from it to stop.
  /// - Throws: `ModelError.noTiles` for the route `anyres` in a model that has no tiles.
  ///   `ModelError.blind` for a text model alone, and what `progress` throws.
  public func embed(
    _ pixels: Pixels, route: ImageRoute? = nil, tiles: Int? = nil, keepingTiles: Bool = false,
    progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
  ) throws -> ImageEmbedding {
    try embed(
      pixels, as: layout(of: pixels.size, route: route, tiles: tiles), keepingTiles: keepingTiles,
      progress: progress)
  }

  /// Embeds a picture by a layout that `layout(of:route:tiles:)` made for a picture of this size.
  func embed(
    _ pixels: Pixels, as layout: PictureLayout, keepingTiles: Bool = false,
    progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
  ) throws -> ImageEmbedding {
    precondition(layout.picture == pixels.size, "a layout for a picture of this size")
    let sight = try requiredSight()
    let cutter = TileCutter(ImagePreprocessor(configuration.vision), pixels, layout)
    let packing = RowPacking(layout, width: sight.projector.width, newline: newline)
    let attention =
      sight.tower.configuration.tower.rowsBeforePatches > 0
      ? RowPacking(layout, width: 1, newline: nil) : nil
    var tiles: [ImageEmbedding.Tile] = []
    for index in 0..<layout.tileCount {
      let pixelValues = cutter.tile(index)
      let features = try sight.tower.encode(pixelValues) { done, total in
        try progress(index * total + done, layout.tileCount * total)
      }
      packing.add(tile: index, sight.projector.project(features))
      if let attention, let values = features.classAttention {
        // A class row that is kept has no attention that anybody asks for.
        let rows = FloatBuffer(count: features.count)
        for (patch, value) in values.enumerated() {
          rows.pointer[features.count - values.count + patch] = value
        }
        attention.add(tile: index, rows)
      }
      if keepingTiles {
        tiles.append(ImageEmbedding.Tile(pixelValues: pixelValues, features: features))
      }
    }
    return ImageEmbedding(
      rows: packing.rows, count: layout.count, width: sight.projector.width, layout: layout,
      sources: (0..<layout.count).map { [$0] }, classAttention: attention?.rows.array(),
      tiles: tiles)
  }

  /// Which part of a picture each of its rows will describe, known before it is encoded.
  ///
  /// - Parameters: as of `embed`.
  /// - Throws: `ModelError.noTiles` for the route `anyres` in a model that has no tiles, and
  ///   `ModelError.blind` for a text model alone.
  public func layout(
    of picture: PixelSize, route: ImageRoute? = nil, tiles: Int? = nil
  ) throws -> PictureLayout {
    _ = try requiredSight()
    let route = route ?? configuration.route
    guard route != .anyres || configuration.tiling != nil else { throw ModelError.noTiles }
    return PictureLayout(
      picture, route: route, vision: configuration.vision, tiling: configuration.tiling,
      tiles: tiles)
  }

  /// The layout with the most tiles that takes no more than `room` positions. When even the whole
  /// picture alone takes more, it is that.
  func layout(
    of picture: PixelSize, route: ImageRoute? = nil, tiles: Int? = nil, within room: Int
  ) throws -> PictureLayout {
    var layout = try layout(of: picture, route: route, tiles: tiles)
    while layout.count > room, layout.tileCount > 1 {
      layout = try self.layout(of: picture, route: route, tiles: layout.tileCount - 1)
    }
    return layout
  }

  /// Positions that a picture will take in a prompt, known before it is encoded.
  ///
  /// - Throws: as `layout(of:route:tiles:)`.
  public func imageRows(
    of pixels: Pixels, route: ImageRoute? = nil, tiles: Int? = nil
  ) throws -> Int {
    try layout(of: pixels.size, route: route, tiles: tiles).count
  }
}
