import Foundation
import TestSupport
import Testing

@testable import Inference

/// What can be wrong with a picture's file: each ends in a sentence that names the file.
@Suite struct ImageHostileTests {
  private func refusal(_ bytes: [UInt8], name: String = "picture.jpg") throws -> ImageError {
    try withFile(bytes, name: name) { path in
      let error = try #require(throws: ImageError.self) {
        _ = try ImageFile.load(path: path, reading: .asSeen)
      }
      let text = error.description
      #expect(text.contains(name) && text.hasSuffix("."), "\(text)")
      #expect(text.utf8.allSatisfy { $0 >= 0x20 }, "\(text)")
      return error
    }
  }

  private func reason(_ bytes: [UInt8], name: String = "picture.jpg") throws -> String {
    let error = try refusal(bytes, name: name)
    guard case .undecodable(_, _, let reason) = error else {
      Issue.record("\(error)")
      return ""
    }
    return reason
  }

  /// Where the last start-of-scan marker stands.
  private func lastScan(of jpeg: [UInt8]) -> Int? {
    jpeg.indices.last { jpeg[$0...].starts(with: [0xFF, 0xDA]) }
  }

  private func oracle(_ name: String) throws -> [UInt8] {
    try Oracle.bytes(Oracle.path("images/\(name)"))
  }

  @Test func anEmptyFileIsNamedAsEmpty() throws {
    let error = try refusal([])
    guard case .empty = error else {
      Issue.record("\(error)")
      return
    }
  }

  @Test(arguments: [
    ("<!DOCTYPE html><html><body>Not found</body></html>", "an HTML page"),
    ("\u{FEFF}\n  <HTML><head>", "an HTML page"),
    ("<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing"),
    ("<?xml version='1.0'?>\n<!-- c --><svg/>", "an SVG drawing"),
    ("<?xml version='1.0'?><Error>AccessDenied</Error>", "an XML file"),
    ("version https://git-lfs.github.com/spec/v1\noid", "a pointer of Git LFS, not the picture"),
    ("GIF8x", "a text file"), ("8BPS\u{0}", "a Photoshop document"),
    ("\u{0}\u{0}\u{0}\u{18}ftypheic\u{0}\u{0}", "a HEIC picture"),
    ("\u{0}\u{0}\u{0}\u{18}ftypmif1\u{0}\u{0}", "a HEIC picture"),
    ("\u{0}\u{0}\u{0}\u{1c}ftypavif\u{0}\u{0}", "an AVIF picture"),
    ("\u{0}\u{0}\u{0}\u{1c}ftypmif1\u{0}\u{0}\u{0}\u{0}mif1avif", "an AVIF picture"),
    ("\u{0}\u{0}\u{0}\u{1c}ftypisom\u{0}\u{0}", "a video or another ISO media file"),
    ("II*\u{0}abc", "a TIFF picture"), ("%PDF-1.7", "a PDF document"), ("hello\n", "a text file"),
    ("\u{1}\u{2}\u{3}", "none of the picture formats known here"),
  ])
  func otherContentIsNamedWhateverTheFileIsCalled(content: String, seen: String) throws {
    let error = try refusal(Array(content.utf8))
    guard case .unsupported(_, let named, let remedy) = error else {
      Issue.record("\(error)")
      return
    }
    #expect(named == seen)
    #expect(error.description.hasSuffix(remedy) && remedy.hasSuffix("."))
  }

  @Test(arguments: [
    ("a.heic", "\u{0}\u{0}\u{0}\u{18}ftypheic", "Convert it to JPEG, PNG, WebP, GIF or BMP"),
    ("a.jpg", "<html>", "download the picture itself"),
    ("a.png", "version https://git-lfs.github.com/spec/v1\n", "'git lfs pull'"),
  ])
  func aRefusalSaysWhatToDo(name: String, content: String, advice: String) throws {
    #expect(try refusal(Array(content.utf8), name: name).description.contains(advice))
  }

  @Test(arguments: ["landscape.jpg", "progressive.jpg", "gray.jpg", "alpha.png", "palette.png"])
  func everyTruncationIsRefused(name: String) throws {
    let bytes = try oracle(name)
    // A JPEG is complete without its two last bytes, the end marker; a PNG without its last chunk.
    let complete = name.hasSuffix("png") ? bytes.count - 12 : bytes.count - 4
    for length in stride(from: 1, to: complete, by: max(1, bytes.count / 60)) {
      #expect(throws: ImageError.self, "\(length) bytes") {
        _ = try ImageFile.decode(Array(bytes.prefix(length)), path: name, reading: .asSeen)
      }
    }
    let half = Array(bytes.prefix(bytes.count / 2))
    #expect(try reason(half, name: name).contains("the file ends before the picture does"))
  }

  /// `behind` is how many bytes at the end of the file are not needed: padding, end marks.
  @Test(arguments: [
    ("lossy.webp", 8), ("lossless.webp", 8), ("animated.webp", 8), ("plain.gif", 1),
    ("interlaced.gif", 1), ("rgb24.bmp", 1), ("palette4.bmp", 1), ("runs8.bmp", 2),
  ])
  func everyTruncatedPictureOfOtherFormatsIsRefused(name: String, behind: Int) throws {
    let bytes = try Oracle.bytes(ImageFixtures.own(name))
    for length in 1..<(bytes.count - behind) {
      #expect(throws: ImageError.self, "\(length) bytes") {
        _ = try ImageFile.decode(Array(bytes.prefix(length)), path: name, reading: .asSeen)
      }
    }
  }

  @Test func aGIFIsReadWithoutItsLaterFrames() throws {
    let bytes = try Oracle.bytes(ImageFixtures.own("animated.gif"))
    let whole = try ImageFile.decode(bytes, path: "a.gif", reading: .asSeen)
    let control: [UInt8] = [0x21, 0xF9, 0x04]
    let last = try #require(bytes.indices.last { bytes[$0...].starts(with: control) })
    let cut = Array(bytes.prefix(last))
    #expect(try ImageFile.decode(cut, path: "a.gif", reading: .asSeen) == whole)
  }

  /// Only the header is believed to have been written; nothing of the size it tells is allocated.
  @Test func hugeDimensionsAreRefusedBeforeAllocation() throws {
    var jpeg = try oracle("tiny.jpg")
    let frame = try #require(jpeg.firstRange(of: [0xFF, 0xC0])).lowerBound
    for offset in 5...8 { jpeg[frame + offset] = [0xFF, 0xDC][(offset + 1) % 2] }
    #expect(
      try refusal(jpeg).description.contains("65500 x 65500 pixels; pictures up to 500 million"))

    let png = PNGBuilder(width: 26000, height: 26000)
    let file =
      PNGBuilder.signature + PNGBuilder.chunk("IHDR", png.header)
      + PNGBuilder.chunk("IDAT", PNGBuilder.stored([0, 0]))
    #expect(
      try refusal(file, name: "a.png").description
        .contains("26000 x 26000 pixels; pictures up to 500 million"))
    let widest = PNGBuilder(width: 0x7FFF_FFFF, height: 0x7FFF_FFFF)
    let wide =
      PNGBuilder.signature + PNGBuilder.chunk("IHDR", widest.header)
      + PNGBuilder.chunk("IDAT", PNGBuilder.stored([0, 0]))
    #expect(try refusal(wide, name: "a.png").description.contains("sides up to 65535"))
  }

  @Test func zeroDimensionsAreRefused() throws {
    var jpeg = try oracle("tiny.jpg")
    let frame = try #require(jpeg.firstRange(of: [0xFF, 0xC0])).lowerBound
    jpeg[frame + 5] = 0
    jpeg[frame + 6] = 0
    #expect(try !reason(jpeg).isEmpty)
    #expect(try !reason(PNGBuilder(width: 0, height: 3).bytes, name: "a.png").isEmpty)
  }

  @Test func extremeButLegalShapesAreRead() throws {
    let single = try ImageFile.decode(PNGBuilder().bytes, path: "a", reading: .asSeen)
    #expect(single.rgb == [0, 0, 0])
    var long = PNGBuilder(width: 1, height: 60000)
    long.sample = { _, y, _ in y & 255 }
    let pixels = try ImageFile.decode(long.bytes, path: "a", reading: .asSeen)
    #expect(pixels.height == 60000 && pixels.rgb.last == UInt8(59999 & 255))
  }

  @Test func twelveBitJPEGIsNamed() throws {
    var jpeg = try oracle("tiny.jpg")
    let frame = try #require(jpeg.firstRange(of: [0xFF, 0xC0])).lowerBound
    jpeg[frame + 4] = 12
    #expect(try reason(jpeg).contains("precision 12"))
  }

  @Test func eightyThousandScansAreStopped() throws {
    let jpeg = try oracle("progressive.jpg")
    let scan = try #require(lastScan(of: jpeg))
    let one = jpeg[scan..<(jpeg.count - 2)]
    var bomb = Array(jpeg[..<scan])
    for _ in 0..<80_000 { bomb += one.prefix(12) }
    bomb += [0xFF, 0xD9]
    #expect(try reason(bomb).contains("more than 1000 scans"))
  }

  @Test func manyScansOfALargePictureAreStoppedSooner() throws {
    var jpeg = try oracle("progressive.jpg")
    let frame = try #require(jpeg.firstRange(of: [0xFF, 0xC2])).lowerBound
    for offset in 5...8 { jpeg[frame + offset] = [0x14, 0x00][(offset + 1) % 2] }
    let scan = try #require(lastScan(of: jpeg))
    var bomb = Array(jpeg[..<scan])
    for _ in 0..<900 { bomb += jpeg[scan..<(scan + 10)] + [0xFF, 0x00] }
    bomb += [0xFF, 0xD9]
    let error = try #require(throws: ImageError.self) {
      _ = try ImageFile.decode(bomb, path: "a.jpg", reading: .asSeen)
    }
    #expect(error.description.contains("too many scans for its size"))
  }

  @Test func aWrongChecksumInThePictureIsRefusedAndInACommentIgnored() throws {
    var damaged = PNGBuilder(width: 4, height: 4).bytes
    damaged[damaged.count - 14] ^= 1
    #expect(try reason(damaged, name: "a.png").contains("CRC"))
    var commented = PNGBuilder(width: 4, height: 4)
    commented.extra = [("tEXt", Array("a\u{0}b".utf8))]
    var bytes = commented.bytes
    let text = try #require(bytes.firstRange(of: Array("tEXt".utf8))).lowerBound
    bytes[text + 7] ^= 1
    #expect(try ImageFile.decode(bytes, path: "a", reading: .asSeen).width == 4)
  }

  @Test func commentsAndProfilesAreNotUnpacked() throws {
    let bytes = try Oracle.bytes(ImageFixtures.own("comment-bomb.png"))
    #expect(try ImageFile.decode(bytes, path: "a", reading: .asSeen).rgb == [128, 128, 128])
    var huge = PNGBuilder()
    let megabyte = [UInt8](repeating: 65, count: 1 << 20)
    huge.extra = [
      ("zTXt", megabyte), ("iCCP", megabyte), ("iTXt", megabyte), ("juNk", megabyte),
    ]
    #expect(try ImageFile.decode(huge.bytes, path: "a", reading: .asSeen).width == 1)
  }

  /// gdk-pixbuf would allocate 16 GB for these colours.
  @Test func aBMPOfFourBillionColoursIsRefused() throws {
    var bmp = try Oracle.bytes(ImageFixtures.own("palette1.bmp"))
    for offset in 46..<50 { bmp[offset] = 0xFF }
    #expect(try reason(bmp, name: "a.bmp").contains("the file ends before the picture does"))
  }

  @Test func aPaletteIndexWithoutAColourIsHarmless() throws {
    var png = PNGBuilder(width: 8, height: 8, depth: 8, colour: 3)
    png.extra = [("PLTE", [1, 2, 3])]
    png.sample = { x, _, _ in x * 30 }
    // libpng shows black where an index has no colour.
    let pixels = try ImageFile.decode(png.bytes, path: "a", reading: .asSeen)
    let row: [UInt8] = [1, 2, 3] + Array(repeating: 0, count: 7 * 3)
    #expect(pixels.rgb == (0..<8).flatMap { _ in row })
    png.extra = []
    expectRefusal(ImageError.self, says: ["'a' cannot be decoded as PNG", "PLTE"]) {
      _ = try ImageFile.decode(png.bytes, path: "a", reading: .asSeen)
    }
  }

  /// Every byte of every small picture, changed: an answer, whichever, and no crash.
  @Test(arguments: [
    "tiny.jpg", "palette.png", "lossless.webp", "animated-part.webp", "part-clear.gif",
    "interlaced.gif", "rgba32.bmp", "runs8.bmp", "rgb565.bmp", "os2-palette4.bmp",
  ])
  func changedBytesGiveAPictureOrASentence(name: String) throws {
    let own = ImageFixtures.own(name)
    let isOwn = FileManager.default.fileExists(atPath: own)
    let bytes = try isOwn ? Oracle.bytes(own) : oracle(name)
    for offset in bytes.indices {
      var copy = bytes
      copy[offset] ^= 0x55
      do {
        let pixels = try ImageFile.decode(copy, path: name, reading: .asSeen)
        #expect(pixels.rgb.count == pixels.width * pixels.height * 3)
      } catch {
        #expect(error.description.contains(name))
      }
    }
  }

  // MARK: - Paths

  @Test func everyFormOfAPathFindsTheFile() throws {
    let bytes = PNGBuilder().bytes
    for name in ["plain.png", "with space.png", "it's.png", "ünï 猫.png", "a%20b.png", "\\.png"] {
      try withFile(bytes, name: name) { path in
        let escaped = path.map { " '\\\"".contains($0) ? "\\\($0)" : String($0) }.joined()
        let single = "'" + path.replacing("'", with: "'\\''") + "'"
        let address = URL(fileURLWithPath: path).absoluteString
        let double = "\"" + path.replacing("\\", with: "\\\\") + "\""
        for form in [path, path + "\n", " \(path) ", escaped, single, double, address] {
          #expect(throws: Never.self, "\(form)") {
            _ = try ImageFile.load(path: form, reading: .asSeen)
          }
        }
      }
    }
  }

  @Test func relativePathsAreFollowed() throws {
    try withFile(PNGBuilder().bytes, name: "a.png") { (path) throws in
      let upwards = String(repeating: "../", count: 40) + path.dropFirst()
      #expect(try ImageFile.load(path: upwards, reading: .asSeen).width == 1)
    }
  }

  @Test(arguments: ["https://example.org/cat.jpg", "HTTP://x/y.png", "\"https://a.b/c.webp\""])
  func anAddressOnTheNetworkIsNotFetched(address: String) throws {
    let error = try #require(throws: ImageError.self) {
      _ = try ImageFile.load(path: address, reading: .asSeen)
    }
    guard case .remoteAddress = error else {
      Issue.record("\(error)")
      return
    }
    #expect(error.description.contains("Download the picture first"))
  }

  @Test(arguments: ["", "  \n"])
  func anEmptyPathIsSaidToBeMissing(path: String) {
    #expect(throws: ImageError.noPath) {
      _ = try ImageFile.load(path: path, reading: .asSeen)
    }
  }

  @Test func whatIsNotAFileIsNamed() throws {
    try withFolder { folder in
      let pipe = folder + "/pipe.jpg"
      #expect(mkfifo(pipe, 0o600) == 0)
      let loop = folder + "/loop.jpg"
      #expect(symlink(loop, loop) == 0)
      let dangling = folder + "/dangling.jpg"
      #expect(symlink(folder + "/gone.jpg", dangling) == 0)
      let cases: [(String, String)] = [
        (folder, "is a folder"), (pipe, "is a named pipe"), ("/dev/zero", "is a device"),
        ("/dev/null", "is a device"), (loop, "cannot be read"),
        (dangling, "is a link to '\(folder)/gone.jpg', which does not exist"),
        (folder + "/none.jpg", "There is no file"), (folder + "/a\u{0}b.jpg", "There is no file"),
      ]
      for (path, words) in cases {
        let error = try #require(throws: ImageError.self) {
          _ = try ImageFile.load(path: path, reading: .asSeen)
        }
        #expect(error.description.contains(words), "\(error)")
      }
    }
  }

  @Test func aFileOverTheLimitIsRefusedUnread() throws {
    try withFolder { folder in
      let path = folder + "/big.jpg"
      let descriptor = open(path, O_CREAT | O_WRONLY, 0o600)
      #expect(ftruncate(descriptor, 1 << 40) == 0)
      close(descriptor)
      let error = try #require(throws: ImageError.self) {
        _ = try ImageFile.load(path: path, reading: .asSeen)
      }
      #expect(error == .tooLarge(path: path, bytes: 1 << 40, limit: 256 << 20))
    }
  }

  @Test func controlCharactersInANameAreShownNotSent() {
    let error = ImageError.notFound(path: "a\u{1B}]8;;x\u{07}\u{9B}\u{202E}gpj.exe\u{200B}\r")
    #expect(
      error.description.hasPrefix(
        "There is no file 'a\u{241B}]8;;x\u{2407}··gpj.exe·\u{240D}'."))
  }
}
