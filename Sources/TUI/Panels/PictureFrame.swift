import Inference

/// The part of the plane that the picture panel shows, in pixels of the picture: the picture, and
/// with an overlay also the padding that the model looks at.
struct PictureFrame: Hashable {
  var x: Double
  var y: Double
  var width: Double
  var height: Double

  init(_ picture: Picture, overlay: Overlay) {
    (x, y) = (0, 0)
    (width, height) = (Double(picture.pixels.width), Double(picture.pixels.height))
    guard overlay != .off, let patches = picture.patches else { return }
    for patch in patches.places {
      let right = max(x + width, patch.x + patch.width)
      let bottom = max(y + height, patch.y + patch.height)
      (x, y) = (min(x, patch.x), min(y, patch.y))
      (width, height) = (right - x, bottom - y)
    }
  }

  /// Whether it shows more than the picture.
  func hasPadding(_ picture: Picture) -> Bool {
    let (columns, rows) = (Double(picture.pixels.width), Double(picture.pixels.height))
    return width > columns + 0.5 || height > rows + 0.5
  }

  /// The largest size in cells that shows all of it.
  func fit(in room: Size) -> Size { PictureFit(width: width, height: height, in: room).size }
}
