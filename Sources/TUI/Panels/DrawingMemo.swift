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

  private struct RasterKey: Hashable {
    var serial: Int
    var size: Size
    var frame: PictureFrame
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

  /// The picture and its patches, sampled for an overlay of `size` cells.
  func raster(_ picture: Picture, _ patches: PatchMap, frame: PictureFrame, size: Size)
    -> PatchRaster
  {
    let key = RasterKey(serial: picture.serial, size: size, frame: frame)
    if let raster, raster.key == key { return raster.raster }
    let drawn = PatchRaster(
      reduced(picture), patches, frame: frame, columns: size.columns, rows: 2 * size.rows)
    raster = (key, drawn)
    return drawn
  }

  private func reduced(_ picture: Picture) -> Pixels {
    if let thumbnail, thumbnail.serial == picture.serial { return thumbnail.pixels }
    let pixels = PictureCells.reduced(picture.pixels, side: 1024)
    thumbnail = (picture.serial, pixels)
    return pixels
  }
}
