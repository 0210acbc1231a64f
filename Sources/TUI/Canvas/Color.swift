/// A colour in 8-bit red, green and blue.
struct Color: Sendable, Hashable {
  var red: UInt8
  var green: UInt8
  var blue: UInt8

  init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
    (self.red, self.green, self.blue) = (red, green, blue)
  }

  /// `0xRRGGBB`
  init(_ hex: UInt32) {
    self.init(UInt8(hex >> 16 & 255), UInt8(hex >> 8 & 255), UInt8(hex & 255))
  }

  /// How bright it looks, in [0, 1] (ITU-R BT.601).
  var luminance: Double {
    (0.299 * Double(red) + 0.587 * Double(green) + 0.114 * Double(blue)) / 255
  }

  /// Darker by a factor in [0, 1].
  func scaled(_ factor: Double) -> Color {
    func scale(_ value: UInt8) -> UInt8 { UInt8(Double(value) * factor) }
    return Color(scale(red), scale(green), scale(blue))
  }

  /// `share` of another colour, and the rest of this one.
  func mixed(with other: Color, _ share: Double) -> Color {
    func mix(_ a: UInt8, _ b: UInt8) -> UInt8 {
      UInt8(Double(a) + (Double(b) - Double(a)) * min(1, max(0, share)))
    }
    return Color(mix(red, other.red), mix(green, other.green), mix(blue, other.blue))
  }

  /// As the terminal is told. Needs colours.
  func ink(_ depth: ColorDepth) -> Ink {
    switch depth {
    case .direct: .rgb(UInt32(red) << 16 | UInt32(green) << 8 | UInt32(blue))
    case .palette256: .palette(palette256)
    case .ansi, .none: .ansi(ansi)
    }
  }

  /// The nearest of the 16 ANSI colours, as xterm has them.
  var ansi: UInt8 {
    func distance(_ other: Color) -> Int {
      [(red, other.red), (green, other.green), (blue, other.blue)].reduce(0) {
        $0 + (Int($1.0) - Int($1.1)) * (Int($1.0) - Int($1.1))
      }
    }
    let nearest = Self.ansiColors.indices.min {
      distance(Self.ansiColors[$0]) < distance(Self.ansiColors[$1])
    }
    return UInt8(nearest ?? 0)
  }

  private static let ansiColors: [Color] = [
    0x000000, 0xCD0000, 0x00CD00, 0xCDCD00, 0x0000EE, 0xCD00CD, 0x00CDCD, 0xE5E5E5, 0x7F7F7F,
    0xFF0000, 0x00FF00, 0xFFFF00, 0x5C5CFF, 0xFF00FF, 0x00FFFF, 0xFFFFFF,
  ].map { Color($0) }

  /// The nearest colour of xterm's cube or grey ramp.
  var palette256: UInt8 {
    let (red, green, blue) = (Int(red), Int(green), Int(blue))
    let levels = [0, 95, 135, 175, 215, 255]
    func step(_ value: Int) -> Int { value < 48 ? 0 : value < 115 ? 1 : (value - 35) / 40 }
    func distance(_ r: Int, _ g: Int, _ b: Int) -> Int {
      (r - red) * (r - red) + (g - green) * (g - green) + (b - blue) * (b - blue)
    }
    let (r, g, b) = (step(red), step(green), step(blue))
    let grey = min(23, max(0, ((red + green + blue) / 3 - 3) / 10))
    let level = 8 + 10 * grey
    return distance(level, level, level) < distance(levels[r], levels[g], levels[b])
      ? UInt8(232 + grey) : UInt8(16 + 36 * r + 6 * g + b)
  }

  /// The colour map for amounts in [0, 1]: from dark blue to yellow. Its luminance only grows, so it
  /// can be read in grey print and without telling red from green.
  ///
  /// Source: viridis by Smith and van der Walt, https://bids.github.io/colormap, at nine points.
  static func amount(_ share: Double) -> Color {
    let place = min(1, max(0, share)) * Double(amounts.count - 1)
    let index = min(amounts.count - 2, Int(place))
    return amounts[index].mixed(with: amounts[index + 1], place - Double(index))
  }

  /// The colour of an amount on a ground of some luminance, which shines through.
  static func amount(_ share: Double, on luminance: Double) -> Color {
    amount(share).scaled(0.6 + 0.4 * luminance)
  }

  /// The same as the terminal is told; the ground shines through where there are enough colours.
  static func amountInk(_ share: Double, on luminance: Double, _ depth: ColorDepth) -> Ink {
    guard depth < .direct else { return amount(share, on: luminance).ink(depth) }
    let last = Double(indexedAmounts.count - 1)
    return .palette(indexedAmounts[Int((min(1, max(0, share)) * last).rounded())])
  }

  /// The same map in xterm's palette. The nearest colours of its cube are greys half of the time.
  private static let indexedAmounts: [UInt8] = [
    53, 54, 55, 61, 25, 31, 37, 36, 72, 77, 113, 149, 185, 226,
  ]

  private static let amounts: [Color] = [
    0x440154, 0x472D7B, 0x3B528B, 0x2C728E, 0x21918C, 0x28AE80, 0x5EC962, 0xADDC30, 0xFDE725,
  ].map { Color($0) }
}
