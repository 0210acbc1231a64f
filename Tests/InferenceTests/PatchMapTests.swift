import Testing

@testable import Inference

/// A patch lies where the preprocessor takes its pixels from.
@Suite struct PatchMapTests {
  /// The brightness of a square picture's patch, and the same of the rectangle of the original.
  private func expectPatchesToLieOnTheirPixels(_ width: Int, _ height: Int, _ route: ImageRoute) {
    let (side, patch) = (24, 6)
    // Brightness grows to the right and downwards, so that a shifted patch has another one.
    let pixels = Pixels(
      width: width, height: height,
      rgb: (0..<width * height).flatMap { index -> [UInt8] in
        let (x, y) = (index % width, index / width)
        return [UInt8(255 * x / width), UInt8(255 * y / height), 128]
      })
    let square = ImagePreprocessor(side: side, mean: [0, 0, 0], std: [1, 1, 1])
      .prepare(pixels, route: route).image
    let map = PatchMap(
      PictureLayout(pixels.size, route: route, side: side, patch: patch))
    let grid = side / patch
    #expect(map.rows.count == grid * grid)
    for (row, rectangle) in map.rows.enumerated() {
      guard let rectangle else {
        Issue.record("patch \(row) lies nowhere")
        continue
      }
      let (middleX, middleY) = (
        rectangle.x + rectangle.width / 2, rectangle.y + rectangle.height / 2
      )
      guard rectangle.x >= 0, rectangle.y >= 0, rectangle.x + rectangle.width <= Double(width),
        rectangle.y + rectangle.height <= Double(height)
      else { continue }
      var sums = (0, 0)
      for y in row / grid * patch..<row / grid * patch + patch {
        for x in row % grid * patch..<row % grid * patch + patch {
          sums.0 += Int(square.rgb[(y * side + x) * 3])
          sums.1 += Int(square.rgb[(y * side + x) * 3 + 1])
        }
      }
      let count = Double(patch * patch)
      // A patch is at least 25 steps of brightness wide.
      #expect(abs(Double(sums.0) / count - 255 * middleX / Double(width)) < 8, "patch \(row)")
      #expect(abs(Double(sums.1) / count - 255 * middleY / Double(height)) < 8, "patch \(row)")
    }
  }

  @Test(arguments: [(48, 48), (96, 48), (48, 120), (101, 67)])
  func patchesLieOnTheirPixels(_ width: Int, _ height: Int) {
    for route in ImageRoute.allCases { expectPatchesToLieOnTheirPixels(width, height, route) }
  }

  @Test func paddingLiesOutsideOfThePicture() {
    let pixels = Pixels(width: 40, height: 20, rgb: Array(repeating: 9, count: 2400))
    let map = PatchMap(
      PictureLayout(pixels.size, route: .pad, side: 8, patch: 2))
    #expect(map.rows[0] == .init(x: 0, y: -10, width: 10, height: 10))
    #expect(map.rows[4] == .init(x: 0, y: 0, width: 10, height: 10))
    #expect(map.rows[15] == .init(x: 30, y: 20, width: 10, height: 10))
  }

  @Test func croppedPicturesAreSeenInTheirMiddle() {
    let pixels = Pixels(width: 40, height: 20, rgb: Array(repeating: 9, count: 2400))
    let map = PatchMap(
      PictureLayout(pixels.size, route: .crop, side: 8, patch: 2))
    #expect(map.rows[0] == .init(x: 10, y: 0, width: 5, height: 5))
    #expect(map.rows[15] == .init(x: 25, y: 15, width: 5, height: 5))
  }
}
