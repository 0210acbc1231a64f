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
