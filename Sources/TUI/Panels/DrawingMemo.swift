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

  init(symbols: PictureSymbols = .quarters) { self.symbols = symbols }

  /// `[rows, columns]` of `size`.
  func picture(_ picture: Picture, size: Size, depth: ColorDepth, theme: Theme) -> [Cell] {
    let key = Key(serial: picture.serial, size: size, depth: depth, theme: theme)
    if let cells, cells.key == key { return cells.cells }
    if thumbnail?.serial != picture.serial {
      thumbnail = (picture.serial, PictureCells.reduced(picture.pixels, side: 1024))
    }
    let pixels = thumbnail?.pixels ?? picture.pixels
    let drawn = PictureCells.draw(
      pixels, size: size, depth: depth, theme: theme, symbols: symbols)
    cells = (key, drawn)
    return drawn
  }
}
