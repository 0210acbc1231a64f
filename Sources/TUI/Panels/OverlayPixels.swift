import Inference

extension PictureOverlay {
  /// The overlay in pixels, for terminals that show them.
  func pixels(
    _ map: PatchMap, _ values: [Double], size: PixelSize, memo: DrawingMemo
  ) -> Pixels {
    let key = DrawingMemo.PixelsKey(
      serial: picture.serial, size: size, frame: frame, overlay: state.overlay, values: values,
      theme: state.theme)
    return memo.pixels(key) {
      let raster = memo.raster(picture, map, frame: frame, size: size)
      let shades = raster.means(values).map(shade)
      let hatch = Shade(onBlack: Self.hatch, onWhite: Self.hatch, isGrey: true)
      // Stripes as broad as those of cells.
      let stripe = max(1, size.width / 60)
      let count = size.width * size.height * 3
      let rgb = [UInt8](unsafeUninitializedCapacity: count) { rgb, initialized in
        for y in 0..<size.height {
          for x in 0..<size.width {
            let index = y * size.width + x
            let ground = raster.colors[index] ?? Self.padding(x / stripe, y / stripe)
            let region = Int(raster.regions[index])
            let isHatched =
              region == 0 && raster.isDropped(at: index) && Self.isOnHatch(x / stripe, y / stripe)
            (isHatched ? hatch : shades[region]).write(ground, to: &rgb, at: index * 3)
          }
        }
        initialized = count
      }
      return Pixels(width: size.width, height: size.height, rgb: rgb)
    }
  }

  private func shade(_ value: Double?) -> Shade {
    Shade(
      onBlack: color(Color(0x000000), value), onWhite: color(Color(0xFFFFFF), value),
      isGrey: value == nil || isMap)
  }
}

/// What an overlay makes of the colours under it. Between a black ground and a white one it changes evenly,
/// so a picture of half a million pixels takes no more than a product for each of them.
private struct Shade {
  private let low: SIMD4<Int32>
  private let range: SIMD4<Int32>
  /// Whether only the ground's brightness shines through, and not its colour.
  private let isGrey: Bool

  init(onBlack: Color, onWhite: Color, isGrey: Bool) {
    low = SIMD4(onBlack)
    range = SIMD4(onWhite) &- low
    self.isGrey = isGrey
  }

  func write(_ ground: Color, to rgb: inout UnsafeMutableBufferPointer<UInt8>, at index: Int) {
    var amount = SIMD4(ground)
    if isGrey {
      let weighted = amount &* SIMD4(299, 587, 114, 0)
      amount = SIMD4(repeating: weighted.wrappedSum() / 1000)
    }
    // Divided by 255 and rounded: exact for products of two bytes.
    let product = range &* amount &+ 128
    let color = low &+ (product &+ (product &>> 8)) &>> 8
    rgb[index] = UInt8(truncatingIfNeeded: color.x)
    rgb[index + 1] = UInt8(truncatingIfNeeded: color.y)
    rgb[index + 2] = UInt8(truncatingIfNeeded: color.z)
  }
}

extension SIMD4<Int32> {
  fileprivate init(_ color: Color) {
    self.init(Int32(color.red), Int32(color.green), Int32(color.blue), 0)
  }
}
