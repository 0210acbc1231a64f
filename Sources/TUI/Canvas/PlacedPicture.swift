import Inference

/// A picture in pixels that the terminal draws over cells.
struct PlacedPicture: Sendable, Hashable {
  /// The cells that it fills. They are blank, or hold placeholders.
  var rect: Rect
  let pixels: Pixels
  let method: PictureProtocol
  /// See `GraphicsSupport`.
  let number: UInt8
  /// The next frame shows another one: it is written quickly rather than with the best colours.
  var isQuick = false

  /// Pixels compare quickly where they share their memory, as those of a memo do.
  func hash(into hasher: inout Hasher) { hasher.combine(rect) }
}

extension Canvas {
  /// The canvas as curses may paint it. Where a line begins or ends with blanks, curses erases them at
  /// once, and with them a picture that it does not know of; so lines with a picture begin and end with a
  /// blank of another kind.
  var sparingPicture: Canvas {
    guard let picture, [.sixel, .iterm].contains(picture.method) else { return self }
    var canvas = self
    for y in picture.rect.y..<picture.rect.y + picture.rect.height {
      for x in [0, size.columns - 1] where canvas[x, y] == .blank {
        canvas.set(x, y, Cell(glyph: "\u{A0}", width: 1, style: Style()))
      }
    }
    return canvas
  }
}
