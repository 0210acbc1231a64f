import Basics
import Foundation
import TestSupport
import Testing

@testable import Inference

/// Large pictures are read at a fraction of their sides, so that memory stays small.
@Suite struct ImageShrinkTests {
  private func shrink(
    _ width: Int, _ height: Int, format: ImageFormat = .jpeg, coefficients: Int = 0,
    hasAlpha: Bool = false, shrinks: Bool = true, isTurned: Bool = false,
    reading: ImageReading = .asSeen
  ) throws -> Int {
    let header = ImageHeader(
      width: width, height: height, hasAlpha: hasAlpha, shrinks: shrinks,
      workingBytes: coefficients * width * height)
    return try reading.shrink(for: header, of: format, isTurned: isTurned, path: "a")
  }

  @Test func largePicturesAreShrunkForPeopleAlone() throws {
    #expect(try shrink(8160, 6120) == 1)  // 50 megapixels
    #expect(try shrink(8000, 8000) == 1)
    #expect(try shrink(12000, 9000) == 2)  // 108
    #expect(try shrink(16320, 12240) == 4)  // 200
    #expect(try shrink(22360, 22360) == 4)  // 500
    #expect(try shrink(10000, 10000, format: .png) == 2)
    // Transparency takes 5 bytes a pixel, and turning a picture a copy.
    #expect(try shrink(6000, 6000, hasAlpha: true) == 1)
    #expect(try shrink(8000, 8000, hasAlpha: true) == 2)
    #expect(try shrink(8000, 8000, isTurned: true) == 2)
    #expect(try shrink(16320, 12240, isTurned: true) == 4)
    #expect(try shrink(10000, 10000, reading: .asReference()) == 1)
    let hundred = ["12000 x 9000", "up to 100 million pixels are read. Save it smaller."]
    expectRefusal(ImageError.self, says: hundred) {
      try shrink(12000, 9000, reading: .asReference())
    }
    expectRefusal(ImageError.self, says: ["22400 x 22400", "up to 500 million"]) {
      try shrink(22400, 22400)
    }
  }

  /// Less is read of files that are held as a whole while they are decoded.
  @Test func whatIsHeldAsAWholeIsRefusedWithAdviceThatWorks() throws {
    #expect(try shrink(8000, 8000, format: .png, shrinks: false) == 1)
    expectRefusal(
      ImageError.self,
      says: [
        "up to 66 million pixels",
        "This limit is for interlaced PNG; a PNG that is not is read up "
          + "to 500 million pixels. Save it without interlacing or smaller.",
      ]
    ) { try shrink(9000, 8000, format: .png, shrinks: false) }
    expectRefusal(ImageError.self, says: ["up to 40 million pixels"]) {
      try shrink(8000, 8000, format: .png, hasAlpha: true, shrinks: false)
    }
    #expect(try shrink(6000, 5000, format: .webP, coefficients: 4) == 1)
    #expect(try shrink(8000, 6000, format: .webP, coefficients: 4) == 2)
    expectRefusal(ImageError.self, says: ["up to 50 million", "lossless", "as one of these"]) {
      try shrink(10000, 10000, format: .webP, coefficients: 4)
    }
    #expect(try shrink(10000, 10000, format: .webP) == 2)
    #expect(try shrink(10000, 10000, format: .webP, coefficients: 2, hasAlpha: true) == 4)
    #expect(try shrink(10000, 10000, format: .gif, coefficients: 1) == 2)
    #expect(try shrink(6000, 6000, format: .bmp, coefficients: 3, hasAlpha: true) == 2)
    expectRefusal(ImageError.self, says: ["up to 66 million", "BMP", "a PNG or a baseline"]) {
      try shrink(10000, 10000, format: .bmp, coefficients: 3, hasAlpha: true)
    }
    #expect(try shrink(10000, 10000, format: .bmp, coefficients: 3, reading: .asReference()) == 1)
  }

  @Test func aLargeProgressiveJPEGIsRefusedWithAdviceThatWorks() throws {
    // A full-colour JPEG has 6 bytes of coefficients a pixel, one with halved colours 3.
    #expect(try shrink(5000, 5000, coefficients: 6) == 1)
    #expect(try shrink(6000, 5500, coefficients: 6) == 2)
    #expect(try shrink(8000, 8000, coefficients: 3) == 2)
    #expect(try shrink(10000, 10000, coefficients: 6, reading: .asReference()) == 1)
    expectRefusal(ImageError.self, says: ["pictures up to 33 million pixels", "jpegtran"]) {
      try shrink(6000, 5600, coefficients: 6)
    }
    let error = try #require(throws: ImageError.self) {
      try shrink(12000, 9000, coefficients: 3)
    }
    #expect(
      error.description == "'a' is 12000 x 9000 pixels; pictures up to 66 million pixels are "
        + "read. This limit is for progressive JPEG; a baseline JPEG is read up to 500 million "
        + "pixels. Save it as baseline (jpegtran does that) or smaller.")
    #expect(try shrink(12000, 9000) == 2)
    // No baseline JPEG of that size is read for the reference.
    let reference = expectRefusal(ImageError.self, says: ["up to 100 million"]) {
      try shrink(12000, 9000, coefficients: 3, reading: .asReference())
    }
    #expect(!reference.contains("baseline"))
  }

  @Test func aFractionOfAJPEGHasPillowsPixels() throws {
    let expected = try #require(
      ImageFixtures.json(ImageFixtures.own("shrunk.json")) as? [String: [String: String]])
    #expect(expected.count == 4)
    for (name, digests) in expected {
      let bytes = try Oracle.bytes(Oracle.path("images/\(name)"))
      let whole = try ImageFile.decode(bytes, path: name, reading: .asReference())
      for (divisor, digest) in digests {
        let shrink = try #require(Int(divisor))
        let pixels = try ImageFile.pixels(
          of: bytes, format: .jpeg, width: (whole.width + shrink - 1) / shrink,
          height: (whole.height + shrink - 1) / shrink, channels: 3, shrink: shrink, path: name)
        #expect(SHA256.digest(pixels.rgb) == digest, "\(name) / \(divisor)")
      }
    }
  }

  // MARK: - Means of boxes

  private func decoded(
    _ bytes: [UInt8], _ name: String, _ format: ImageFormat, shrink: Int, channels: Int
  ) throws -> Pixels {
    let whole = try ImageFile.decode(bytes, path: name, reading: .asReference())
    return try ImageFile.pixels(
      of: bytes, format: format, width: (whole.width + shrink - 1) / shrink,
      height: (whole.height + shrink - 1) / shrink, channels: channels, shrink: shrink, path: name)
  }

  /// The mean of each box of `whole`, rounded.
  private func means(_ whole: Pixels, _ shrink: Int) -> [UInt8] {
    var means: [UInt8] = []
    for top in stride(from: 0, to: whole.height, by: shrink) {
      let rows = top..<min(top + shrink, whole.height)
      for left in stride(from: 0, to: whole.width, by: shrink) {
        let columns = left..<min(left + shrink, whole.width)
        for channel in 0..<3 {
          let sum = rows.reduce(0) { sum, y in
            sum + columns.reduce(0) { $0 + Int(whole.rgb[(y * whole.width + $1) * 3 + channel]) }
          }
          let count = rows.count * columns.count
          means.append(UInt8((sum + count / 2) / count))
        }
      }
    }
    return means
  }

  /// The mean of each pixel's share of `whole`, as libwebp divides it: edges are not cut by whole pixels.
  private func areas(_ whole: Pixels, _ part: Pixels) -> [UInt8] {
    func overlaps(_ index: Int, of count: Int, in length: Int) -> [(at: Int, weight: Double)] {
      let side = Double(length) / Double(count)
      let (start, end) = (Double(index) * side, Double(index + 1) * side)
      return (Int(start)..<min(length, Int(end.rounded(.up)))).map { at in
        (at, (min(Double(at + 1), end) - max(Double(at), start)) / side)
      }
    }
    var means: [UInt8] = []
    for y in 0..<part.height {
      let rows = overlaps(y, of: part.height, in: whole.height)
      for x in 0..<part.width {
        let columns = overlaps(x, of: part.width, in: whole.width)
        for channel in 0..<3 {
          var sum = 0.5
          for row in rows {
            for column in columns {
              let sample = whole.rgb[(row.at * whole.width + column.at) * 3 + channel]
              sum += row.weight * column.weight * Double(sample)
            }
          }
          means.append(UInt8(min(255, sum)))
        }
      }
    }
    return means
  }

  /// Pictures of every kind: palettes, interlaced frames, frames beside a corner, run lengths.
  @Test(arguments: [2, 4, 8])
  func aFractionHasTheMeansOfItsBoxes(shrink: Int) throws {
    var counts: [String: Int] = [:]
    for name in ImageFixtures.pictures where !name.hasSuffix("jpg") {
      let bytes = try Oracle.bytes(ImageFixtures.own(name))
      let format = try #require(ImageFormat.all.first { $0.begins(bytes) })
      guard format.name != "JPEG", try shrinks(bytes, format) else { continue }
      let whole = try ImageFile.decode(bytes, path: name, reading: .asReference())
      let fraction = try decoded(bytes, name, format, shrink: shrink, channels: 3)
      let expected = format.name == "WebP" ? areas(whole, fraction) : means(whole, shrink)
      let differences = zip(fraction.rgb, expected).map { abs(Int($0) - Int($1)) }
      // Of lossy pictures libwebp scales luminance and colours apart, and weights colours by alpha.
      let isLossy = ["lossy.webp", "alpha.webp"].contains(name)
      let mean = Double(differences.reduce(0, +)) / Double(max(1, differences.count))
      let largest = differences.max() ?? 0
      #expect(fraction.rgb.count == expected.count, "\(name)")
      #expect(
        isLossy ? mean <= 10 : largest <= (format.name == "WebP" ? 1 : 0),
        "\(name): \(largest), mean \(mean)")
      counts[format.name, default: 0] += 1
    }
    #expect(Set(counts.keys) == ["PNG", "GIF", "WebP", "BMP"], "\(counts)")
  }

  private func shrinks(_ bytes: [UInt8], _ format: ImageFormat) throws -> Bool {
    try ImageFile.header(of: bytes, format: format, path: "a").shrinks
  }

  /// A clear pixel has no colour: the box is as black as its opaque half, at half opacity.
  @Test func coloursAreWeightedByTheirOpacity() throws {
    var png = PNGBuilder(width: 2, height: 2, colour: 6)
    png.sample = { x, _, c in x == 0 ? (c == 3 ? 255 : 0) : (c == 3 ? 0 : 200) }
    let seen = try decoded(png.bytes, "a.png", .png, shrink: 2, channels: 4)
    #expect(seen.alpha == [128])
    #expect(seen.rgb == [127, 127, 127])
  }

  @Test func anInterlacedPNGIsNotShrunk() throws {
    var png = PNGBuilder(width: 9, height: 9)
    png.isInterlaced = true
    #expect(try !shrinks(png.bytes, .png))
    expectRefusal(ImageError.self, says: ["cannot be decoded as PNG", "interlaced"]) {
      try decoded(png.bytes, "a.png", .png, shrink: 2, channels: 3)
    }
  }

  /// 70 million black pixels: a bit each in the file, 210 MB whole.
  @Test(.slow) func aLargePNGIsReadAtHalfItsSides() throws {
    let (width, height) = (14000, 5000)
    let header = PNGBuilder(width: width, height: height, depth: 1).header
    let rows = [UInt8](repeating: 0, count: (1 + width / 8) * height)
    let file =
      PNGBuilder.signature + PNGBuilder.chunk("IHDR", header)
      + PNGBuilder.chunk("IDAT", PNGBuilder.stored(rows)) + PNGBuilder.chunk("IEND", [])
    let seen = try ImageFile.decode(file, path: "a.png", reading: .asSeen)
    #expect(seen.width == width / 2 && seen.height == height / 2)
    #expect(seen.rgb.allSatisfy { $0 == 0 })
    let read = try ImageFile.decode(file, path: "a.png", reading: .asReference())
    #expect(read.width == width && read.height == height)
  }
}
