import Basics
import Foundation
import TestSupport
import Testing

@testable import Inference

/// Transparency, limits and pipes: where people's eyes and the reference differ.
@Suite struct ImageReadingTests {
  // MARK: - Transparency

  /// Two grey pixels: black at half opacity and black that is clear.
  private static let clearBlack: [UInt8] = {
    var png = PNGBuilder(width: 2, height: 1, colour: 4)
    png.sample = { x, _, c in c == 0 ? 0 : [128, 0][x] }
    return png.bytes
  }()

  @Test func transparentBlackIsSeenAsWhiteAndReadAsBlackByTheReference() throws {
    let seen = try ImageFile.decode(Self.clearBlack, path: "a.png", reading: .asSeen)
    #expect(seen.rgb == [127, 127, 127, 255, 255, 255])
    #expect(seen.alpha == [128, 0])
    let read = try ImageFile.decode(Self.clearBlack, path: "a.png", reading: .asReference())
    #expect(read.rgb == [0, 0, 0, 0, 0, 0] && read.alpha == nil)
  }

  @Test func anOpaquePictureWithAnAlphaChannelHasNoAlpha() throws {
    var png = PNGBuilder(width: 3, height: 2, colour: 6)
    png.sample = { x, y, c in c == 3 ? 255 : x * 40 + y * 7 + c }
    let seen = try ImageFile.decode(png.bytes, path: "a.png", reading: .asSeen)
    #expect(seen == (try ImageFile.decode(png.bytes, path: "a.png", reading: .asReference())))
    #expect(seen.alpha == nil)
  }

  @Test func theBoardShowsWhereThePictureIsClear() throws {
    let seen = try ImageFile.decode(Self.clearBlack, path: "a.png", reading: .asSeen)
    // Pixel 0 lies on a white square, pixel 1 on a grey one.
    #expect(seen.onCheckerboard(square: 1).rgb == [127, 127, 127, 204, 204, 204])
    #expect(seen.onCheckerboard(square: 2).rgb == seen.rgb)
    let opaque = Pixels(width: 2, height: 1, rgb: [1, 2, 3, 4, 5, 6])
    #expect(opaque.onCheckerboard(square: 1) == opaque)
  }

  /// Black at any opacity on grey 204 is 204 * (1 - opacity).
  @Test func theBoardMixesAsIfThePictureHadBeenLaidOnIt() throws {
    var png = PNGBuilder(width: 256, height: 2, colour: 4)
    png.sample = { x, _, c in c == 0 ? 0 : x }
    let board = try ImageFile.decode(png.bytes, path: "a.png", reading: .asSeen)
      .onCheckerboard(square: 1)
    for x in 0..<256 {
      let exact = Double(x % 2 == 1 ? 204 : 255) * Double(255 - x) / 255
      #expect(abs(Double(board.rgb[x * 3]) - exact) <= 1, "opacity \(x)")
    }
  }

  @Test func alphaTurnsWithThePicture() {
    let stored = Pixels(
      width: 3, height: 1, rgb: [UInt8](repeating: 9, count: 9), alpha: [1, 2, 3])
    #expect(stored.turned(by: .mirrored).alpha == [3, 2, 1])
    #expect(stored.turned(by: .quarterRight).height == 3)
  }

  // MARK: - Limits

  private func shrink(_ width: Int, _ height: Int) throws -> Int {
    let header = ImageHeader(
      width: width, height: height, hasAlpha: false, shrinks: true, workingBytes: 0)
    return try ImageReading.asSeen.shrink(for: header, of: .jpeg, path: "a")
  }

  @Test func sidesAreLimitedWhateverTheirProduct() throws {
    for (width, height) in [(1, 100_000_000), (65_536, 1), (.max / 2, 1)] {
      let error = try #require(throws: ImageError.self) { try shrink(width, height) }
      #expect(error.description.contains("sides up to 65535"))
    }
    #expect(try shrink(1, 65_535) == 1)
  }

  /// A picture of 100 million rows is refused by its header, before anything is allocated.
  @Test func aPNGOfAHundredMillionRowsIsRefusedAtOnce() throws {
    let header = PNGBuilder(width: 1, height: 100_000_000).header
    let file =
      PNGBuilder.signature + PNGBuilder.chunk("IHDR", header)
      + PNGBuilder.chunk("IDAT", PNGBuilder.stored([0, 0]))
    let error = try #require(throws: ImageError.self) {
      _ = try ImageFile.decode(file, path: "a.png", reading: .asReference())
    }
    #expect(error == .sideTooLong(path: "a.png", width: 1, height: 100_000_000))
  }

  // MARK: - Pipes

  /// Reads from a pipe what a thread writes into it.
  private func piped(_ bytes: [UInt8]) throws -> Pixels {
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    let (reading, writing) = (ends[0], ends[1])
    let writer = Thread {
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(writing, $0.baseAddress, min($0.count, 1000)) }
        guard count > 0 else { break }
        rest = rest.dropFirst(count)
      }
      close(writing)
    }
    writer.start()
    defer { close(reading) }
    return try ImageFile.load(standardInput: reading, reading: .asSeen)
  }

  @Test func aPictureIsReadFromAPipeToItsEnd() throws {
    let path = Oracle.path("images/landscape.jpg")
    #expect(try piped(Oracle.bytes(path)) == ImageFile.load(path: path, reading: .asSeen))
  }

  @Test func aPipeWithoutAPictureIsNamedAsStandardInput() throws {
    let empty = try #require(throws: ImageError.self) { _ = try piped([]) }
    #expect(
      empty.description
        == "Standard input is empty. Give a JPEG, PNG, WebP, GIF or BMP file.")
    let text = try #require(throws: ImageError.self) { _ = try piped(Array("hello".utf8)) }
    #expect(text.description.hasPrefix("Standard input is a text file."))
  }

  /// /dev/zero never ends.
  @Test func anEndlessStreamIsRefusedAtTheLimit() throws {
    let zero = open("/dev/zero", O_RDONLY)
    defer { close(zero) }
    let error = try #require(throws: ImageError.self) {
      _ = try ImageFile.load(standardInput: zero, reading: .asSeen)
    }
    #expect(error == .tooLarge(path: "-", bytes: nil, limit: 256 << 20))
    #expect(error.description.contains("has more than 268435456 bytes"))
  }
}
