/// Which part of a picture each of its rows describes. It follows from the picture's size and the
/// model, before anything is encoded.
///
/// The first rows are those of the base: one square that shows the whole picture. A model with
/// tiles fits the picture into a canvas of tiles, too, and adds the rows of their patches: the map,
/// read row by row. Some models put a newline at the end of each row of the map.
public struct PictureLayout: Sendable, Equatable {
  /// What a row of the prompt stands for.
  public enum RowKind: Sendable, Equatable {
    /// A patch of the square with the whole picture, or that square's class row.
    case base
    /// A patch of a tile.
    case map
    /// The end of a row of the map. It shows nothing.
    case newline
  }

  /// The canvas that a picture was fitted into, in pixels.
  public struct Canvas: Sendable, Equatable {
    /// The whole canvas.
    public let size: PixelSize
    /// The picture's size on the canvas. The margin around it is black.
    public let placed: PixelSize
    /// The picture's left edge on the canvas.
    public let left: Int
    /// The picture's upper edge on the canvas.
    public let top: Int
    /// Tiles in a row.
    public let columns: Int
    /// Rows of tiles.
    public let rows: Int
  }

  /// The picture's own size.
  public let picture: PixelSize
  /// How it becomes the base.
  public let route: ImageRoute
  /// Side of the base and of every tile, in pixels.
  public let side: Int
  /// Side of a patch, in pixels.
  let patch: Int
  /// Patches along each side of a square.
  let patches: Int
  /// Rows in front of the base's patches.
  let classRows: Int
  /// nil where the base is all that the model sees.
  public let canvas: Canvas?
  /// nil without a canvas, and where the tiles' rows simply follow each other.
  let map: TileMap?
  /// Whether a row of the model's own ends each row of the map.
  let hasNewlines: Bool

  /// - Parameters:
  ///   - route: `anyres` needs `tiling`.
  ///   - side: of the base and of every tile, in pixels.
  ///   - patch: side of a patch, in pixels; pixels of a square beyond whole patches are not seen.
  ///   - classRows: rows in front of the base's patches.
  ///   - tiles: the most squares, the base included; nil takes as many as the model wants.
  init(
    _ picture: PixelSize, route: ImageRoute, side: Int, patch: Int, classRows: Int = 0,
    tiling: Tiling? = nil, tiles limit: Int? = nil
  ) {
    self.picture = picture
    self.route = route
    self.side = side
    self.patch = patch
    self.classRows = classRows
    patches = side / patch
    guard route == .anyres, let tiling else {
      (canvas, map, hasNewlines) = (nil, nil, false)
      return
    }
    hasNewlines = tiling.packing == .spatialUnpad
    canvas = tiling.canvas(for: picture, side: side, tiles: limit).map {
      Canvas($0, picture, side: side)
    }
    map = canvas.flatMap {
      tiling.packing == .flat
        ? nil
        : TileMap(
          picture, tiling, rows: $0.rows, columns: $0.columns, patches: side / patch)
    }
  }

  /// Squares that go through the vision tower, the base included.
  public var tileCount: Int { 1 + (canvas.map { $0.rows * $0.columns } ?? 0) }

  /// Rows of the base.
  public var baseRows: Int { classRows + patches * patches }

  /// Rows of the picture in a prompt.
  public var count: Int {
    guard canvas != nil else { return baseRows + (hasNewlines ? 1 : 0) }
    guard let map else { return baseRows + (tileCount - 1) * patches * patches }
    return baseRows + map.rows.count * rowLength
  }

  /// Rows of the prompt that a row of the map takes.
  var rowLength: Int { (map?.columns.count ?? 0) + (hasNewlines ? 1 : 0) }

  /// What a row stands for. `row` is in `0..<count`.
  public func kind(ofRow row: Int) -> RowKind {
    if row < baseRows { return .base }
    if hasNewlines, canvas == nil || (row - baseRows) % rowLength == rowLength - 1 {
      return .newline
    }
    return .map
  }
}

extension PictureLayout.Canvas {
  fileprivate init(_ size: PixelSize, _ picture: PixelSize, side: Int) {
    self.size = size
    placed = Tiling.fitted(picture, in: size)
    left = (size.width - placed.width) / 2
    top = (size.height - placed.height) / 2
    columns = size.width / side
    rows = size.height / side
  }
}

/// The map that the tiles' patches form: without its margin where the model cuts that off, and
/// shrunk where it is too large. Each of its rows and columns names the patches that it is made of.
struct TileMap: Sendable, Equatable {
  /// One or two neighbouring patches along an axis, and their shares, which add up to 1.
  struct Source: Sendable, Equatable {
    var patch: Int
    var share: Float
    var nextShare: Float
  }

  /// The rows of patches that are kept when the margin is cut off.
  let keptRows: Range<Int>
  /// The columns of patches that are kept.
  let keptColumns: Range<Int>
  let rows: [Source]
  let columns: [Source]

  /// - Parameters:
  ///   - rows: of tiles, as `columns`.
  ///   - patches: along each side of a tile.
  init(_ picture: PixelSize, _ tiling: Tiling, rows: Int, columns: Int, patches: Int) {
    var kept = (rows: 0..<rows * patches, columns: 0..<columns * patches)
    if tiling.packing == .spatialUnpad {
      kept = tiling.unpadded(picture, rows: rows * patches, columns: columns * patches)
    }
    (keptRows, keptColumns) = (kept.rows, kept.columns)
    let (height, width) = (kept.rows.count, kept.columns.count)
    let ratio = tiling.largestMap.map {
      (Double(height * width) / Double($0 * patches * patches)).squareRoot()
    }
    guard let ratio, ratio > 1.1 else {
      self.rows = Self.whole(kept.rows)
      self.columns = Self.whole(kept.columns)
      return
    }
    self.rows = Self.shrunk(kept.rows, to: Int((Double(height) / ratio).rounded(.down)))
    self.columns = Self.shrunk(kept.columns, to: Int((Double(width) / ratio).rounded(.down)))
  }

  private static func whole(_ kept: Range<Int>) -> [Source] {
    kept.map { Source(patch: $0, share: 1, nextShare: 0) }
  }

  /// Bilinear interpolation between the centres of patches, as `torch.nn.functional.interpolate`
  /// computes it in single precision.
  private static func shrunk(_ kept: Range<Int>, to count: Int) -> [Source] {
    let scale = Float(kept.count) / Float(count)
    return (0..<count).map { index in
      let place = max(0, scale * (Float(index) + 0.5) - 0.5)
      let first = min(Int(place), kept.count - 1)
      let share = first + 1 < kept.count ? place - Float(first) : 0
      return Source(patch: kept.lowerBound + first, share: 1 - share, nextShare: share)
    }
  }
}
