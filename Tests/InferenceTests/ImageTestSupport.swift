import Foundation
import TestSupport
import Testing

@testable import Inference

/// Files beside the tests.
enum ImageFixtures {
  private static let tests = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent()

  static func own(_ name: String) -> String {
    tests.appendingPathComponent("InferenceTests/Fixtures/images/\(name)").path
  }

  /// Names of the pictures that have Pillow's pixels beside them.
  static let pictures: [String] = {
    // Without the folder no test would run, and nobody would notice.
    guard let all = try? FileManager.default.contentsOfDirectory(atPath: own("")) else {
      preconditionFailure("the folder \(own("")) must be there")
    }
    let names = Set(all)
    return names.filter { names.contains($0 + ".png") && !$0.hasSuffix(".seen.png") }.sorted()
  }()

  static func json(_ path: String) throws -> Any {
    try JSONSerialization.jsonObject(with: Data(Oracle.bytes(path)))
  }
}

/// `[height, width]` of a formula, the same as in tools/make_picture_fixtures.py.
func formulaPicture(width: Int, height: Int) -> Pixels {
  var rgb: [UInt8] = []
  for y in 0..<height {
    for x in 0..<width {
      rgb.append(UInt8((x * 37 + y * 11) % 256))
      rgb.append(UInt8((x * x + y * 5) % 256))
      rgb.append(UInt8(255 * ((x / 3 + y / 2) % 2)))
    }
  }
  return Pixels(width: width, height: height, rgb: rgb)
}

/// Writes PNG files of any kind, and of kinds that must not be.
struct PNGBuilder {
  var width = 1
  var height = 1
  var depth = 8
  /// 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGB and alpha.
  var colour = 0
  var isInterlaced = false
  /// Chunks between the header and the data.
  var extra: [(String, [UInt8])] = []
  /// Sample value of pixel (x, y), channel c; at the picture's depth.
  var sample: (_ x: Int, _ y: Int, _ c: Int) -> Int = { _, _, _ in 0 }

  static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  var channels: Int { [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][colour]! }

  var bytes: [UInt8] {
    var file = Self.signature + Self.chunk("IHDR", header)
    for (kind, body) in extra { file += Self.chunk(kind, body) }
    return file + Self.chunk("IDAT", Self.stored(rows)) + Self.chunk("IEND", [])
  }

  var header: [UInt8] {
    Self.word(width) + Self.word(height)
      + [UInt8(depth), UInt8(colour), 0, 0, isInterlaced ? 1 : 0]
  }

  private var rows: [UInt8] {
    let passes =
      isInterlaced
      ? [
        (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
        (0, 1, 1, 2),
      ]
      : [(0, 0, 1, 1)]
    var result: [UInt8] = []
    for (x0, y0, dx, dy) in passes where x0 < width {
      for y in stride(from: y0, to: height, by: dy) {
        result.append(0)
        var (bits, count) = (0, 0)
        for x in stride(from: x0, to: width, by: dx) {
          for c in 0..<channels {
            bits = bits << depth | sample(x, y, c)
            count += depth
            while count >= 8 {
              count -= 8
              result.append(UInt8(bits >> count & 255))
            }
          }
        }
        if count > 0 { result.append(UInt8(bits << (8 - count) & 255)) }
      }
    }
    return result
  }

  static func word(_ value: Int) -> [UInt8] {
    withUnsafeBytes(of: UInt32(truncatingIfNeeded: value).bigEndian) { Array($0) }
  }

  static func chunk(_ kind: String, _ body: [UInt8]) -> [UInt8] {
    let checked = Array(kind.utf8) + body
    var crc = UInt32.max
    for byte in checked { crc = crc >> 8 ^ crcTable[Int(UInt8(crc & 255) ^ byte)] }
    return word(body.count) + checked + word(Int(~crc))
  }

  private static let crcTable: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { crc, _ in crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
  }

  /// A zlib stream without compression.
  static func stored(_ data: [UInt8]) -> [UInt8] {
    var stream: [UInt8] = [0x78, 0x01]
    var rest = data[...]
    repeat {
      let block = rest.prefix(65535)
      rest = rest.dropFirst(block.count)
      let count = UInt16(block.count)
      stream += [rest.isEmpty ? 1 : 0, UInt8(count & 255), UInt8(count >> 8)]
      stream += [UInt8(~count & 255), UInt8(~count >> 8)] + block
    } while !rest.isEmpty
    var (a, b) = (1, 0)
    for byte in data {
      a = (a + Int(byte)) % 65521
      b = (b + a) % 65521
    }
    return stream + word(b << 16 | a)
  }
}
