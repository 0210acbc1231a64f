import Inference
import Testing

@testable import TUI

@Suite struct PictureTransparencyTests {
  /// A clear picture, white for the model: the panel shows a board of white and grey squares.
  @Test func transparencyShowsACheckerboard() {
    let clear = Pixels(
      width: 32, height: 2, rgb: [UInt8](repeating: 255, count: 192),
      alpha: [UInt8](repeating: 0, count: 64))
    let shown = PictureCells.reduced(clear, side: 1024)
    #expect(Array(shown.rgb.prefix(6)) == [255, 255, 255, 255, 255, 255])
    #expect(Array(shown.rgb[6..<12]) == [204, 204, 204, 204, 204, 204])
  }
}
