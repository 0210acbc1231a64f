/// What becomes of a picture's transparency.
public enum Transparency: Sendable {
  /// Transparent pixels are laid on white, as viewers and browsers show them.
  case onWhite
  /// Transparency is dropped, as Pillow's `convert("RGB")` does in the reference: a transparent
  /// pixel shows whatever colour the file happens to store for it, often black.
  case dropped
}

extension Pixels {
  /// Lays RGBA samples on white, within the memory that holds them.
  ///
  /// - Parameters:
  ///   - samples: `[count, 4]`, alpha not premultiplied; becomes `[count, 3]` at the front.
  ///   - count: Pixels.
  /// - Returns: `[count]` alpha; nil when all of it is 255.
  static func layOnWhite(_ samples: UnsafeMutableBufferPointer<UInt8>, count: Int) -> [UInt8]? {
    var isOpaque = true
    let alpha = [UInt8](unsafeUninitializedCapacity: count) { alpha, initialized in
      for index in 0..<count {
        let opacity = samples[index * 4 + 3]
        alpha[index] = opacity
        isOpaque = isOpaque && opacity == 255
        for channel in 0..<3 {
          samples[index * 3 + channel] = mixed(samples[index * 4 + channel], 255, opacity)
        }
      }
      initialized = count
    }
    return isOpaque ? nil : alpha
  }

  /// The picture on a grey and white checkerboard, as image editors show transparency; the picture
  /// itself when nothing of it is transparent. For the screen, never for the model.
  ///
  /// - Parameter square: Side of one square of the board in pixels, at least 1.
  public func onCheckerboard(square: Int) -> Pixels {
    guard let alpha else { return self }
    precondition(square > 0, "a square of the board has at least one pixel")
    var board = rgb
    for y in 0..<height {
      for x in 0..<width where alpha[y * width + x] < 255 && (x / square + y / square) % 2 == 1 {
        // The picture on white is colour * alpha + white * (1 - alpha); only the second term
        // changes.
        let pixel = y * width + x
        let less = mixed(0, Self.boardWhite - Self.boardGrey, alpha[pixel])
        for sample in (pixel * 3)..<(pixel * 3 + 3) { board[sample] -= min(less, board[sample]) }
      }
    }
    return Pixels(width: width, height: height, rgb: board, alpha: alpha)
  }

  private static let boardWhite: UInt8 = 255
  private static let boardGrey: UInt8 = 204
}

/// `above * opacity + below * (255 - opacity)`, divided by 255 and rounded: Pillow's alpha_composite
/// on an opaque picture.
private func mixed(_ above: UInt8, _ below: UInt8, _ opacity: UInt8) -> UInt8 {
  let sum = Int(above) * Int(opacity) + Int(below) * (255 - Int(opacity)) + 128
  return UInt8((sum >> 8 + sum) >> 8)
}
