import Basics
import Foundation
import TestSupport
import Testing

@testable import Inference

@Suite struct ImageDecodeTests {
  private func load(_ path: String, reading: ImageReading = .asReference()) throws -> Pixels {
    try ImageFile.load(path: path, reading: reading)
  }

  @Test func oraclePicturesDecodeToTheSameBytesAsPillow() throws {
    let expected = try #require(
      ImageFixtures.json(Oracle.path("golden/decoded/decoded.json"))
        as? [String: [String: Any]])
    #expect(expected.count == 10)
    for (name, entry) in expected {
      let path = Oracle.path("images/\(name)")
      let pixels = try load(path)
      #expect(pixels.width == entry["width"] as? Int, "\(name)")
      #expect(pixels.height == entry["height"] as? Int, "\(name)")
      #expect(SHA256.digest(pixels.rgb) == entry["sha256_rgb"] as? String, "\(name)")
      let turned = try load(path, reading: .asReference(appliesOrientation: true))
      let target = entry["transposed"] as? [String: Any] ?? entry
      #expect(SHA256.digest(turned.rgb) == target["sha256_rgb"] as? String, "\(name), turned")
    }
  }

  /// Pillow's pixels lie beside each picture; tools/make_picture_fixtures.py writes both. 16-bit BMP
  /// may differ by 1, because gdk-pixbuf repeats the upper bits of a sample and Pillow scales it.
  private func expectPillowsPixels(_ pixels: Pixels, of name: String, in file: String) throws {
    let expected = try load(ImageFixtures.own(file))
    let tolerance = ["rgb555.bmp", "rgb565.bmp"].contains(name) ? 1 : 0
    #expect(pixels.width == expected.width && pixels.height == expected.height, "\(name)")
    let largest = zip(pixels.rgb, expected.rgb).map { abs(Int($0) - Int($1)) }.max() ?? 0
    #expect(largest <= tolerance, "\(name) differs from \(file) by \(largest)")
  }

  @Test(arguments: ImageFixtures.pictures)
  func everyPictureIsReadAsTheReferenceReadsIt(name: String) throws {
    let pixels = try load(ImageFixtures.own(name), reading: .asReference())
    #expect(pixels.alpha == nil)
    try expectPillowsPixels(pixels, of: name, in: name + ".png")
  }

  @Test(arguments: ImageFixtures.pictures)
  func everyPictureIsSeenUprightAndOnWhite(name: String) throws {
    let isOther = FileManager.default.fileExists(atPath: ImageFixtures.own(name + ".seen.png"))
    let pixels = try load(ImageFixtures.own(name), reading: .asSeen)
    try expectPillowsPixels(pixels, of: name, in: name + (isOther ? ".seen.png" : ".png"))
  }

  @Test func thereAreSeveralPicturesOfEveryFormat() {
    for format in ["jpg", "png", "webp", "gif", "bmp"] {
      let count = ImageFixtures.pictures.filter { $0.hasSuffix("." + format) }.count
      #expect(count >= 6, "\(format)")
    }
  }

  @Test(arguments: [false, true])
  func everyKindOfPNGIsExpandedToRGB(isInterlaced: Bool) throws {
    let kinds = [
      (0, [1, 2, 4, 8, 16]), (2, [8, 16]), (3, [1, 2, 4, 8]), (4, [8, 16]), (6, [8, 16]),
    ]
    for (colour, depths) in kinds {
      for depth in depths {
        let palette: [UInt8] = (0..<(1 << min(depth, 8))).flatMap { index -> [UInt8] in
          [UInt8(index), UInt8(255 - index), 7]
        }
        let top = (1 << depth) - 1
        func sample(x: Int, y: Int, c: Int) -> Int { (x * 5 + y * 3 + c * 11) * 257 & top }
        var png = PNGBuilder(width: 11, height: 9, depth: depth, colour: colour)
        png.isInterlaced = isInterlaced
        png.sample = sample
        if colour == 3 { png.extra = [("PLTE", palette), ("tRNS", [0, 128])] }
        if colour == 0 { png.extra = [("tRNS", [0, 0])] }
        let pixels = try ImageFile.decode(png.bytes, path: "a.png", reading: .asReference())
        for y in 0..<9 {
          for x in 0..<11 {
            let expected = (0..<3).map { c -> UInt8 in
              let value = sample(x: x, y: y, c: colour == 2 || colour == 6 ? c : 0)
              if colour == 3 { return palette[value * 3 + c] }
              return UInt8(depth == 16 ? value >> 8 : value * 255 / top)
            }
            let index = (y * 11 + x) * 3
            let seen = Array(pixels.rgb[index..<(index + 3)])
            #expect(seen == expected, "colour \(colour), \(depth) bits, (\(x), \(y))")
          }
        }
      }
    }
  }

  @Test func orientationsTurnAPictureByHand() {
    // 1 2 3
    // 4 5 6
    let stored = Pixels(width: 3, height: 2, rgb: (1...6).flatMap { [UInt8($0), 0, 0] })
    let upright: [Orientation: [[UInt8]]] = [
      .upright: [[1, 2, 3], [4, 5, 6]],
      .mirrored: [[3, 2, 1], [6, 5, 4]],
      .upsideDown: [[6, 5, 4], [3, 2, 1]],
      .flipped: [[4, 5, 6], [1, 2, 3]],
      .transposed: [[1, 4], [2, 5], [3, 6]],
      .quarterRight: [[4, 1], [5, 2], [6, 3]],
      .transversed: [[6, 3], [5, 2], [4, 1]],
      .quarterLeft: [[3, 6], [2, 5], [1, 4]],
    ]
    for orientation in Orientation.allCases {
      let rows = upright[orientation]!
      let turned = stored.turned(by: orientation)
      #expect(turned.width == rows[0].count && turned.height == rows.count, "\(orientation)")
      #expect(turned.rgb == rows.joined().flatMap { [$0, 0, 0] }, "\(orientation)")
    }
  }

  @Test func orientationIsReadInEitherByteOrder() throws {
    let jpeg = try Oracle.bytes(Oracle.path("images/tiny.jpg"))
    for isLittle in [true, false] {
      for value in 1...8 {
        let segment = Self.exifSegment(tag: 0x0112, value: UInt16(value), isLittle: isLittle)
        let tagged = jpeg.prefix(2) + segment + jpeg.dropFirst(2)
        let orientation = Orientation(in: Array(tagged), format: .jpeg)
        #expect(orientation.rawValue == value)
        let pixels = try ImageFile.decode(Array(tagged), path: "a.jpg", reading: .asSeen)
        #expect(pixels.width == (value >= 5 ? 17 : 23))
      }
    }
  }

  @Test func damagedOrientationTagsLeaveThePictureAsItIs() throws {
    let jpeg = try Oracle.bytes(Oracle.path("images/tiny.jpg"))
    let good = Self.exifSegment(tag: 0x0112, value: 6, isLittle: true)
    var damaged: [[UInt8]] = [
      Self.exifSegment(tag: 0x0112, value: 0, isLittle: true),
      Self.exifSegment(tag: 0x0112, value: 9, isLittle: false),
      Self.exifSegment(tag: 0x0100, value: 6, isLittle: true),
    ]
    for offset in 10..<good.count {
      for value: UInt8 in [0, 0x7F, 0xFF] {
        var copy = good
        copy[offset] = value
        damaged.append(copy)
      }
    }
    for segment in damaged {
      let tagged = Array(jpeg.prefix(2) + segment + jpeg.dropFirst(2))
      let pixels = try ImageFile.decode(tagged, path: "a.jpg", reading: .asSeen)
      #expect(pixels.rgb.count == 23 * 17 * 3)
    }
    for length in 0..<jpeg.count { _ = Orientation(in: Array(jpeg.prefix(length)), format: .jpeg) }
  }

  @Test func encodedPNGDecodesToTheSamePixels() throws {
    let pixels = formulaPicture(width: 53, height: 31)
    let png = try pixels.png()
    #expect(try ImageFile.decode(png, path: "a.png", reading: .asReference()) == pixels)
  }

  /// An APP1 segment with one directory entry.
  private static func exifSegment(tag: UInt16, value: UInt16, isLittle: Bool) -> [UInt8] {
    func short(_ number: UInt16) -> [UInt8] {
      let bytes = [UInt8(number & 255), UInt8(number >> 8)]
      return isLittle ? bytes : bytes.reversed()
    }
    func long(_ number: UInt16) -> [UInt8] {
      isLittle ? short(number) + [0, 0] : [0, 0] + short(number)
    }
    var tiff: [UInt8] = Array((isLittle ? "II" : "MM").utf8) + short(42) + long(8)
    tiff += short(1) + short(tag) + short(3) + long(1) + short(value) + [0, 0] + long(0)
    let body = Array("Exif".utf8) + [0, 0] + tiff
    return [0xFF, 0xE1, 0, UInt8(body.count + 2)] + body
  }
}
