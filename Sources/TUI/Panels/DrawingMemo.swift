import Inference

/// Remembers what is slow to draw again. A cache and nothing else: the same state draws the same
/// canvas with any memo.
final class DrawingMemo {
  private struct Key: Hashable {
    var serial: Int
    var size: Size
    var depth: ColorDepth
    var theme: Theme
  }

  private let symbols: PictureSymbols
  private var thumbnail: (serial: Int, pixels: Pixels)?
  private var cells: (key: Key, cells: [Cell])?
  private var raster: (key: RasterKey, raster: PatchRaster)?

  private var pixels: (key: PixelsKey, pixels: Pixels)?

  private struct RasterKey: Equatable {
    var serial: Int
    var size: PixelSize
    var frame: PictureFrame
  }

  /// What a picture in pixels depends on.
  struct PixelsKey: Equatable {
    var serial: Int
    var size: PixelSize
    var frame: PictureFrame
    var overlay: Overlay
    /// `[patches]`
    var values: [Double]
    var theme: Theme
  }

  /// The picture as it is to be sent, drawn where it has changed.
  func pixels(_ key: PixelsKey, draw: () -> Pixels) -> Pixels {
    if let pixels, pixels.key == key { return pixels.pixels }
    let drawn = draw()
    pixels = (key, drawn)
    return drawn
  }

  init(symbols: PictureSymbols = .quarters) { self.symbols = symbols }

  /// `[rows, columns]` of `size`.
  func picture(_ picture: Picture, size: Size, depth: ColorDepth, theme: Theme) -> [Cell] {
    let key = Key(serial: picture.serial, size: size, depth: depth, theme: theme)
    if let cells, cells.key == key { return cells.cells }
    let drawn = PictureCells.draw(
      reduced(picture), size: size, depth: depth, theme: theme, symbols: symbols)
    cells = (key, drawn)
    return drawn
  }

  /// The picture and its patches in `size` samples.
  func raster(_ picture: Picture, _ patches: PatchMap, frame: PictureFrame, size: PixelSize)
    -> PatchRaster
  {
    let key = RasterKey(serial: picture.serial, size: size, frame: frame)
    if let raster, raster.key == key { return raster.raster }
    let drawn = PatchRaster(
      reduced(picture), patches, frame: frame, columns: size.width, rows: size.height)
    raster = (key, drawn)
    return drawn
  }

  /// The picture, small enough to be drawn quickly.
  func reduced(_ picture: Picture) -> Pixels {
    if let thumbnail, thumbnail.serial == picture.serial { return thumbnail.pixels }
    let pixels = PictureCells.reduced(picture.pixels, side: 1024)
    thumbnail = (picture.serial, pixels)
    return pixels
  }
}
