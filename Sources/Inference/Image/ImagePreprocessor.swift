/// How a picture is cut and scaled for the vision tower.
public enum ImageRoute: String, Sendable, CaseIterable {
  /// LLaVA's: the longer side becomes the square's side, the rest is filled with the mean colour.
  case pad
  /// The Hugging Face processor's: the middle square is kept.
  case crop
  /// SigLIP's processor's: both sides become the square's, so the picture's shape is not kept.
  case squash
  /// LLaVA-1.6's and LLaVA-OneVision's: the whole picture squashed into one square, and its parts as
  /// tiles of a canvas that keeps its shape.
  case anyres
}

/// The vision tower's input: one square.
public struct PixelValues: Sendable {
  /// Pixels along each side.
  public let side: Int
  /// `[3, side, side]`: red, green and blue planes, normalised.
  public let values: [Float]
  /// The same picture before normalisation, `[side, side, 3]`.
  public let image: Pixels
}

/// Turns a picture of any size into the vision tower's input: a normalised square.
public struct ImagePreprocessor: Sendable {
  /// Pixels along each side of the tower's square.
  public let side: Int
  /// `[3]`, red, green and blue, of samples in 0...1. It is also the colour of the `pad` route's
  /// margin.
  public let mean: [Float]
  /// `[3]`, standard deviations of samples in 0...1.
  public let std: [Float]

  /// A preprocessor for one model.
  ///
  /// - Parameters:
  ///   - side: Pixels along each side, at least 1.
  ///   - mean: `[3]`; finite.
  ///   - std: `[3]`; finite and above 0.
  public init(side: Int, mean: [Float], std: [Float]) {
    precondition(
      side > 0 && mean.count == 3 && std.count == 3, "three channels and a positive side")
    precondition(mean.allSatisfy(\.isFinite), "means are finite")
    precondition(std.allSatisfy { $0 > 0 && $0.isFinite }, "standard deviations are positive")
    self.side = side
    self.mean = mean
    self.std = std
  }

  /// Makes a picture square, `side` pixels wide, and normalises it: (sample / 255 - mean) / std.
  ///
  /// For `anyres` this is the square that shows the whole picture; `TileCutter` makes the tiles.
  ///
  /// The steps and their rounding are those of LLaVA's `process_images` for `pad` and of the Hugging
  /// Face processors of CLIP for `crop` and of SigLIP for `squash`; the square equals theirs bit for bit.
  public func prepare(_ pixels: Pixels, route: ImageRoute) -> PixelValues {
    let image =
      switch route {
      case .pad: padded(pixels)
      case .crop: cropped(pixels)
      case .squash, .anyres:
        Bicubic.resize(pixels, width: side, height: side, passes: .tallVerticallyFirst)
      }
    return normalise(image)
  }

  /// - Parameter image: `side` pixels wide and high.
  func normalise(_ image: Pixels) -> PixelValues {
    precondition(image.width == side && image.height == side, "a square of the tower's side")
    return PixelValues(side: side, values: normalised(image), image: image)
  }

  /// The picture in the middle of a square of the mean colour, resized. The square itself is never
  /// built, because that of a 1 x 60000 picture would take 10 GB.
  private func padded(_ pixels: Pixels) -> Pixels {
    let square = max(pixels.width, pixels.height)
    return Bicubic.resample(
      pixels,
      horizontal: ResamplingAxis(
        picture: pixels.width, side: square, offset: (square - pixels.width) / 2, output: side),
      vertical: ResamplingAxis(
        picture: pixels.height, side: square, offset: (square - pixels.height) / 2, output: side),
      margin: mean.map { UInt8(min(max(Double($0) * 255, 0), 255)) })
  }

  /// The picture resized so that its shorter side becomes `side`. Only the middle of the longer
  /// side is computed.
  private func cropped(_ pixels: Pixels) -> Pixels {
    let short = min(pixels.width, pixels.height)
    func axis(_ length: Int) -> ResamplingAxis {
      let output = length == short ? side : Int(Double(side * length) / Double(short))
      let start = (output - side) / 2
      return ResamplingAxis(picture: length, output: output, window: start..<(start + side))
    }
    return Bicubic.resample(
      pixels, horizontal: axis(pixels.width), vertical: axis(pixels.height), margin: [0, 0, 0])
  }

  private func normalised(_ image: Pixels) -> [Float] {
    let plane = side * side
    var values = [Float](repeating: 0, count: 3 * plane)
    for channel in 0..<3 {
      let (mean, std) = (Double(mean[channel]), Double(std[channel]))
      let table = (0..<256).map { Float((Double($0) / 255 - mean) / std) }
      for index in 0..<plane {
        values[channel * plane + index] = table[Int(image.rgb[index * 3 + channel])]
      }
    }
    return values
  }
}
