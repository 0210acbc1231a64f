/// Width and height in pixels.
public struct PixelSize: Sendable, Hashable, CustomStringConvertible {
  /// Pixels in a row.
  public let width: Int
  /// Rows of pixels.
  public let height: Int

  /// A size of these sides.
  public init(width: Int, height: Int) {
    self.width = width
    self.height = height
  }

  /// "672 x 336"
  public var description: String { "\(width) x \(height)" }
}

extension Pixels {
  /// Both sides.
  public var size: PixelSize { PixelSize(width: width, height: height) }
}

/// How a model cuts pictures into tiles ("anyres") and packs their rows.
///
/// Source: LLaVA-NeXT (https://llava-vl.github.io/blog/2024-01-30-llava-next/), `process_anyres_image`
/// of LLaVA's code; LLaVA-OneVision (arXiv 2408.03326).
public struct Tiling: Sendable, Equatable {
  /// How the rows of tiles are ordered and separated, named as in `mm_patch_merge_type`.
  public enum Packing: String, Sendable, CaseIterable {
    /// Tile after tile.
    case flat
    /// The tiles as one map, row by row.
    case spatial
    /// The map without its black margin, a newline behind each of its rows.
    case spatialUnpad = "spatial_unpad"
  }

  /// The canvases that a picture may be fitted into, in the order of the model's files: among
  /// equally good ones the first is taken. Sides are multiples of the tile's. Never empty.
  public var canvases: [PixelSize]
  /// How the rows are put together.
  public var packing: Packing
  /// A map of more than about this many tiles is shrunk to it (9 in "anyres_max_9"); nil shrinks
  /// none.
  public var largestMap: Int?
  /// Whether the map's height or width without margin is rounded to seven decimals before it is cut
  /// to a whole number. transformers does, LLaVA's own code does not.
  public var roundsMargins: Bool

  /// The five canvases of LLaVA-1.6 in tiles of `side` pixels.
  static func standardCanvases(side: Int) -> [PixelSize] {
    [(1, 2), (2, 1), (2, 2), (3, 1), (1, 3)].map {
      PixelSize(width: $0.0 * side, height: $0.1 * side)
    }
  }
}

extension Tiling {
  /// The canvas that shows the most of the picture's pixels. Among equals the one with the smallest
  /// margin is taken, and among those the first.
  ///
  /// - Parameters:
  ///   - side: of a tile, in pixels.
  ///   - tiles: the most squares, the one with the whole picture included; nil sets no limit.
  /// - Returns: nil when every canvas has more tiles.
  func canvas(for picture: PixelSize, side: Int, tiles limit: Int?) -> PixelSize? {
    var best: (canvas: PixelSize, seen: Int, margin: Int)?
    for canvas in canvases {
      if let limit, (canvas.width / side) * (canvas.height / side) + 1 > limit { continue }
      let scale = min(
        Double(canvas.width) / Double(picture.width),
        Double(canvas.height) / Double(picture.height))
      let seen = min(
        Int(Double(picture.width) * scale) * Int(Double(picture.height) * scale),
        picture.width * picture.height)
      let margin = canvas.width * canvas.height - seen
      if best.map({ seen > $0.seen || seen == $0.seen && margin < $0.margin }) ?? true {
        best = (canvas, seen, margin)
      }
    }
    return best?.canvas
  }

  /// The picture's size on a canvas: as large as it fits, its shape kept.
  static func fitted(_ picture: PixelSize, in canvas: PixelSize) -> PixelSize {
    let across = Double(canvas.width) / Double(picture.width)
    let down = Double(canvas.height) / Double(picture.height)
    if across < down {
      let height = (Double(picture.height) * across).rounded(.up)
      return PixelSize(width: canvas.width, height: min(Int(height), canvas.height))
    }
    let width = (Double(picture.width) * down).rounded(.up)
    return PixelSize(width: min(Int(width), canvas.width), height: canvas.height)
  }

  /// Rows and columns of a map that show the picture and not the margin. Half of the margin, rounded
  /// down, is cut off at both ends, so an odd margin leaves one row or column of it.
  ///
  /// - Parameters:
  ///   - rows: of the whole map, as `columns`.
  func unpadded(_ picture: PixelSize, rows: Int, columns: Int) -> (
    rows: Range<Int>, columns: Range<Int>
  ) {
    let shape = Double(picture.width) / Double(picture.height)
    if shape > Double(columns) / Double(rows) {
      let height = whole(Double(picture.height) * (Double(columns) / Double(picture.width)))
      let cut = (rows - height) / 2
      return (cut..<rows - cut, 0..<columns)
    }
    let width = whole(Double(picture.width) * (Double(rows) / Double(picture.height)))
    let cut = (columns - width) / 2
    return (0..<rows, cut..<columns - cut)
  }

  private func whole(_ size: Double) -> Int {
    Int(roundsMargins ? (size * 1e7).rounded(.toNearestOrEven) / 1e7 : size)
  }
}
