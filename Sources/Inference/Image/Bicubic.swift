/// Pillow's bicubic filter, bit for bit: a = -0.5, widened by the scale when shrinking, horizontal
/// pass first, 22-bit fixed-point weights and 8-bit samples between the passes.
///
/// Source: Pillow, `src/libImaging/Resample.c`.
public enum Bicubic {
  /// Which pass comes first. Rounding to 8 bits between the passes makes samples differ by a level.
  public enum Passes: Sendable {
    /// Up to Pillow 12: horizontal first. The reference numbers of LLaVA-1.5 were made with 10.4.
    case horizontalFirst
    /// Since Pillow 13: vertical first where the height shrinks by more than twice as many pixels as the
    /// width. The reference numbers of models with other picture processors were made with it.
    case tallVerticallyFirst
  }

  /// Resizes as `Image.resize((width, height), BICUBIC)` of Pillow does.
  ///
  /// - Parameters:
  ///   - width: Pixels in a row of the result, at least 1.
  ///   - height: Rows of the result, at least 1.
  /// - Complexity: One multiplication a sample and filter tap; shrinking looks at every sample.
  public static func resize(
    _ pixels: Pixels, width: Int, height: Int, passes: Passes = .horizontalFirst
  ) -> Pixels {
    precondition(width > 0 && height > 0, "a picture has at least one pixel")
    let horizontal = ResamplingAxis(picture: pixels.width, output: width)
    let vertical = ResamplingAxis(picture: pixels.height, output: height)
    let shrinksMostlyDown =
      height < pixels.height && pixels.height - height > 2 * (pixels.width - width)
    guard passes == .tallVerticallyFirst, shrinksMostlyDown else {
      return resample(pixels, horizontal: horizontal, vertical: vertical, margin: [0, 0, 0])
    }
    return narrowed(shortened(pixels, with: vertical), with: horizontal)
  }

  /// The vertical pass alone.
  private static func shortened(_ pixels: Pixels, with axis: ResamplingAxis) -> Pixels {
    let (height, rowLength) = (axis.outputs.count, pixels.width * 3)
    let rgb = [UInt8](unsafeUninitializedCapacity: height * rowLength) { target, count in
      shorten(
        pixels.rgb, firstRow: 0, rowLength: rowLength, with: axis, margin: [0, 0, 0], into: target)
      count = height * rowLength
    }
    return Pixels(width: pixels.width, height: height, rgb: rgb)
  }

  /// The horizontal pass alone.
  private static func narrowed(_ pixels: Pixels, with axis: ResamplingAxis) -> Pixels {
    let rowLength = axis.outputs.count * 3
    let rgb = [UInt8](unsafeUninitializedCapacity: pixels.height * rowLength) { target, count in
      pixels.rgb.withUnsafeBufferPointer { source in
        for y in 0..<pixels.height {
          narrow(
            row: UnsafeBufferPointer(rebasing: source[(y * pixels.width * 3)...]), with: axis,
            margin: [0, 0, 0],
            into: UnsafeMutableBufferPointer(rebasing: target[(y * rowLength)...]))
        }
      }
      count = pixels.height * rowLength
    }
    return Pixels(width: axis.outputs.count, height: pixels.height, rgb: rgb)
  }

  /// Both passes. Only rows that the vertical axis needs go through the horizontal one.
  static func resample(
    _ pixels: Pixels, horizontal: ResamplingAxis, vertical: ResamplingAxis, margin: [UInt8]
  ) -> Pixels {
    let width = horizontal.outputs.count
    let rows = vertical.neededRange
    // [rows, width, 3]
    let narrowed = [UInt8](unsafeUninitializedCapacity: rows.count * width * 3) { target, count in
      pixels.rgb.withUnsafeBufferPointer { source in
        for (index, y) in rows.enumerated() {
          narrow(
            row: UnsafeBufferPointer(rebasing: source[(y * pixels.width * 3)...]), with: horizontal,
            margin: margin,
            into: UnsafeMutableBufferPointer(rebasing: target[(index * width * 3)...]))
        }
      }
      count = rows.count * width * 3
    }
    let height = vertical.outputs.count
    let rgb = [UInt8](unsafeUninitializedCapacity: height * width * 3) { target, count in
      shorten(
        narrowed, firstRow: rows.lowerBound, rowLength: width * 3, with: vertical, margin: margin,
        into: target)
      count = height * width * 3
    }
    return Pixels(width: width, height: height, rgb: rgb)
  }

  /// One row, `[picture, 3]` to `[outputs, 3]`.
  private static func narrow(
    row: UnsafeBufferPointer<UInt8>, with axis: ResamplingAxis, margin: [UInt8],
    into target: UnsafeMutableBufferPointer<UInt8>
  ) {
    let (m0, m1, m2) = (Int32(margin[0]), Int32(margin[1]), Int32(margin[2]))
    axis.weights.withUnsafeBufferPointer { weights in
      for (index, output) in axis.outputs.enumerated() {
        var sum0 = ResamplingAxis.half &+ output.marginWeight &* m0
        var sum1 = ResamplingAxis.half &+ output.marginWeight &* m1
        var sum2 = ResamplingAxis.half &+ output.marginWeight &* m2
        var sample = row.baseAddress! + output.start * 3
        for k in output.firstWeight..<(output.firstWeight + output.count) {
          let weight = weights[k]
          sum0 = sum0 &+ Int32(sample[0]) &* weight
          sum1 = sum1 &+ Int32(sample[1]) &* weight
          sum2 = sum2 &+ Int32(sample[2]) &* weight
          sample += 3
        }
        target[index * 3] = ResamplingAxis.sample(sum0)
        target[index * 3 + 1] = ResamplingAxis.sample(sum1)
        target[index * 3 + 2] = ResamplingAxis.sample(sum2)
      }
    }
  }

  /// All rows. The inner loops run along a row, so that they are vectorised.
  private static func shorten(
    _ source: [UInt8], firstRow: Int, rowLength: Int, with axis: ResamplingAxis, margin: [UInt8],
    into target: UnsafeMutableBufferPointer<UInt8>
  ) {
    withUnsafeTemporaryAllocation(of: Int32.self, capacity: rowLength) { sums in
      source.withUnsafeBufferPointer { source in
        for (index, output) in axis.outputs.enumerated() {
          for i in 0..<rowLength {
            sums[i] = ResamplingAxis.half &+ output.marginWeight &* Int32(margin[i % 3])
          }
          for k in 0..<output.count {
            let weight = axis.weights[output.firstWeight + k]
            let row = source.baseAddress! + (output.start + k - firstRow) * rowLength
            for i in 0..<rowLength { sums[i] = sums[i] &+ Int32(row[i]) &* weight }
          }
          for i in 0..<rowLength { target[index * rowLength + i] = ResamplingAxis.sample(sums[i]) }
        }
      }
    }
  }
}
