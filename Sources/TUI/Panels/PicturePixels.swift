import Inference

/// The picture in pixels, for terminals that show them.
struct PicturePixels {
  /// Pixels of a cell: enough for most fonts, and terminals scale the rest.
  private static let cell = PixelSize(width: 10, height: 20)
  /// No side is longer: a picture that follows the slider is sent many times a second.
  private static let longestSide = 720

  let state: AppState

  /// nil where pictures are cells.
  init?(_ state: AppState) {
    guard state.graphics != .cells else { return nil }
    self.state = state
  }

  /// How many pixels a picture has that fills these cells.
  func size(of cells: Size) -> PixelSize {
    let width = cells.columns * Self.cell.width
    let height = cells.rows * Self.cell.height
    let longest = max(1, width, height)
    guard longest > Self.longestSide else { return PixelSize(width: width, height: height) }
    return PixelSize(
      width: max(1, width * Self.longestSide / longest),
      height: max(1, height * Self.longestSide / longest))
  }

  /// Puts a picture over the cells of `rect`.
  ///
  /// - Parameter isChanging: it changes with every token of an answer.
  func place(
    _ pixels: Pixels, at rect: Rect, into canvas: inout Canvas, isChanging: Bool = false
  ) {
    let number = state.graphicsSupport.pictureNumber
    if state.graphics == .kittyPlaceholders {
      KittyPlaceholders(number: number, depth: state.depth).fill(rect, into: &canvas)
    } else {
      canvas.fill(rect)
    }
    canvas.picture = PlacedPicture(
      rect: rect, pixels: pixels, method: state.graphics, number: number,
      // Only sixels have a palette, and to choose it takes five times as long as all the rest.
      isQuick: isChanging && state.graphics == .sixel)
  }

  // MARK: Drawing

  /// The picture without an overlay, with the borders of its tiles, for so many cells.
  func plain(
    _ picture: Picture, _ tiles: CanvasCells?, _ cells: Size, memo: DrawingMemo
  ) -> Pixels {
    let size = size(of: cells)
    let key = DrawingMemo.PixelsKey(
      serial: picture.serial, size: size, frame: PictureFrame(picture, overlay: .off),
      overlay: .off, values: [], theme: state.theme)
    return memo.pixels(key) {
      let small = PictureCells.boxed(memo.reduced(picture), width: size.width, height: size.height)
      return tiles.map { bordered(small, $0.bordersInPicture) } ?? small
    }
  }

  private func bordered(_ pixels: Pixels, _ borders: (across: [Double], down: [Double])) -> Pixels {
    let accent = state.theme.rgb(.accent)
    var rgb = pixels.rgb
    func mark(_ columns: Range<Int>, _ rows: Range<Int>) {
      for y in rows.clamped(to: 0..<pixels.height) {
        for x in columns.clamped(to: 0..<pixels.width) {
          let i = (y * pixels.width + x) * 3
          (rgb[i], rgb[i + 1], rgb[i + 2]) = (accent.red, accent.green, accent.blue)
        }
      }
    }
    for share in borders.across {
      let x = Int(share * Double(pixels.width))
      mark(x..<x + 2, 0..<pixels.height)
    }
    for share in borders.down {
      let y = Int(share * Double(pixels.height))
      mark(0..<pixels.width, y..<y + 2)
    }
    return Pixels(width: pixels.width, height: pixels.height, rgb: rgb)
  }
}
