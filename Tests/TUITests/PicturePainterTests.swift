import Foundation
import Inference
import TestSupport
import Testing

@testable import TUI

/// The bytes by which a picture comes, changes and goes.
@Suite struct PicturePainterTests {
  private static let cell = PixelSize(width: 10, height: 20)

  private static func picture(
    _ method: PictureProtocol, x: Int = 4, red: UInt8 = 200
  ) -> PlacedPicture {
    let rgb: [UInt8] = (0..<60 * 40).flatMap { index -> [UInt8] in
      [red, UInt8(index % 251), UInt8(index / 60)]
    }
    return PlacedPicture(
      rect: Rect(x: x, y: 2, width: 6, height: 2),
      pixels: Pixels(width: 60, height: 40, rgb: rgb), method: method, number: 77)
  }

  /// The data of kitty's sequences, and what stands before it in the first of them.
  private static func parsed(_ text: String) -> (control: String, data: Data?) {
    let parts = text.components(separatedBy: "\u{1B}_G").dropFirst()
      .map { $0.replacing("\u{1B}\\", with: "").replacing("\u{1B}8", with: "") }
    let data = parts.map { $0.split(separator: ";", maxSplits: 1).last.map(String.init) ?? "" }
    return (
      parts.first?.split(separator: ";").first.map(String.init) ?? "",
      Data(base64Encoded: data.joined())
    )
  }

  @Test func kittyGetsThePixelsAndTheCells() throws {
    var painter = PicturePainter(isInTmux: false)
    let picture = Self.picture(.kitty)
    let (before, after) = painter.change(to: picture, isUnknown: true, cell: Self.cell)
    #expect(before.isEmpty)
    #expect(after.hasPrefix("\u{1B}7\u{1B}[3;5H\u{1B}_G") && after.hasSuffix("\u{1B}8"))
    let (control, data) = Self.parsed(after)
    #expect(control.hasPrefix("a=T,f=100,i=77,q=2,c=6,r=2,C=1,p=1,m="))
    let png = [UInt8](try #require(data))
    #expect(png == (try picture.pixels.png(isQuick: true)))
    for part in after.components(separatedBy: "\u{1B}_G").dropFirst() {
      #expect(part.utf8.count <= 4096 + 80)
    }
  }

  @Test func whatDoesNotChangeSendsNothing() {
    for method in [PictureProtocol.kitty, .kittyPlaceholders, .sixel, .iterm] {
      var painter = PicturePainter(isInTmux: false)
      #expect(painter.change(to: nil, isUnknown: true, cell: Self.cell) == ("", ""))
      _ = painter.change(to: Self.picture(method), isUnknown: true, cell: Self.cell)
      #expect(
        painter.change(to: Self.picture(method), isUnknown: false, cell: Self.cell) == ("", ""))
      let again = painter.change(to: Self.picture(method), isUnknown: true, cell: Self.cell)
      #expect(!again.after.isEmpty, "a terminal that was cleared is sent the picture again")
    }
  }

  @Test func otherPixelsInPlaceReplaceAndAnotherPlaceErases() {
    for (method, erasing) in [
      (PictureProtocol.kitty, "\u{1B}_Ga=d,d=I,i=77,q=2\u{1B}\\"),
      (
        .sixel,
        "\u{1B}7\u{1B}[3;5H\u{1B}[m      \u{1B}8\u{1B}7\u{1B}[4;5H\u{1B}[m      \u{1B}8"
      ),
      (
        .iterm,
        "\u{1B}7\u{1B}[3;5H\u{1B}[m      \u{1B}8\u{1B}7\u{1B}[4;5H\u{1B}[m      \u{1B}8"
      ),
    ] {
      var painter = PicturePainter(isInTmux: false)
      _ = painter.change(to: Self.picture(method), isUnknown: true, cell: Self.cell)
      let other = painter.change(
        to: Self.picture(method, red: 10), isUnknown: false, cell: Self.cell)
      #expect(other.before.isEmpty && !other.after.isEmpty)
      let moved = painter.change(
        to: Self.picture(method, x: 9, red: 10), isUnknown: false, cell: Self.cell)
      #expect(moved.before == erasing)
      #expect(moved.after.hasPrefix("\u{1B}7\u{1B}[3;10H"))
      #expect(!painter.leave().isEmpty)
      #expect(painter.leave().isEmpty, "it is gone already")
    }
  }

  @Test func tmuxHandsOnWhatIsInItsEnvelope() throws {
    var painter = PicturePainter(isInTmux: true)
    let picture = Self.picture(.kittyPlaceholders)
    let sent = painter.change(to: picture, isUnknown: true, cell: Self.cell).after
    let envelopes = sent.components(separatedBy: "\u{1B}Ptmux;").dropFirst()
    #expect(envelopes.count == sent.components(separatedBy: "_G").count - 1)
    var inside = ""
    for envelope in envelopes {
      #expect(envelope.hasSuffix("\u{1B}\u{1B}\\\u{1B}\\"), "the inner end, then the outer one")
      inside += envelope.dropLast(2).replacing("\u{1B}\u{1B}", with: "\u{1B}")
    }
    let (control, data) = Self.parsed(inside)
    #expect(control.contains("c=6,r=2,U=1"))
    #expect([UInt8](try #require(data)) == (try picture.pixels.png(isQuick: true)))
    #expect(!sent.contains("\u{1B}["), "the cursor of tmux stays where it is")
  }

  @Test(arguments: [false, true])
  func sixelsFillTheCells(isQuick: Bool) throws {
    var painter = PicturePainter(isInTmux: false)
    var picture = Self.picture(.sixel)
    picture.isQuick = isQuick
    let sent = painter.change(to: picture, isUnknown: true, cell: Self.cell).after
    #expect(sent.hasPrefix("\u{1B}7\u{1B}[3;5H\u{1B}P") && sent.hasSuffix("\u{1B}\\\u{1B}8"))
    let size = try #require(sent.firstMatch(of: /q"1;1;([0-9]+);([0-9]+)/))
    #expect(size.output.1 == "60")
    // The last row of sixels may be cut or end with the cells.
    #expect((36...42).contains(Int(size.output.2) ?? 0))
  }

  @Test func inlineImagesAreWholeFiles() throws {
    var painter = PicturePainter(isInTmux: false)
    let picture = Self.picture(.iterm)
    let sent = painter.change(to: picture, isUnknown: true, cell: Self.cell).after
    let found = try #require(
      sent.firstMatch(
        of: /\x{1B}\]1337;File=inline=1;size=([0-9]+);width=6;height=2;[^:]*:([^\x{7}]*)/))
    let png = try picture.pixels.png(isQuick: true)
    #expect(found.output.1 == "\(png.count)")
    #expect(Data(base64Encoded: String(found.output.2)) == Data(png))
  }

  /// curses would erase a line's blanks up to its beginning or its end, and what lies over them.
  @Test func linesWithSixelsNeitherBeginNorEndBlank() {
    for method in [PictureProtocol.cells, .kitty, .kittyPlaceholders, .sixel, .iterm] {
      var canvas = Canvas(Size(columns: 20, rows: 5))
      canvas.put("chat", x: 0, y: 3)
      canvas.put("end", x: 17, y: 2)
      canvas.picture = Self.picture(method)
      let rect = Self.picture(method).rect
      let spared = canvas.sparingPicture
      let (starts, ends) = (
        (0..<5).map { spared[0, $0].glyph }, (0..<5).map { spared[19, $0].glyph }
      )
      let isSpared = [.sixel, .iterm].contains(method)
      for y in 0..<5 {
        let isInPicture = (rect.y..<rect.y + rect.height).contains(y)
        let blank = isSpared && isInPicture ? "\u{A0}" : " "
        #expect(starts[y] == (y == 3 ? "c" : blank), "\(method), row \(y)")
        #expect(ends[y] == (y == 2 ? "d" : blank), "\(method), row \(y)")
      }
    }
  }

  // MARK: On a terminal

  private static let image = Oracle.path("images/landscape.jpg")

  /// A terminal that announces nothing gets not one byte of any protocol.
  @Test func cellsSendNoGraphics() throws {
    let session = try TerminalSession(["--delay", "2", "--tokens", "5", "--image", Self.image])
    try session.wait(for: "ready")
    session.type("hello\r")
    try session.wait(for: "done:")
    session.type("/overlay kept\r/show picture\r\r")
    try session.wait(for: "kept")
    session.resize(columns: 100, rows: 30)
    try session.wait(for: "Tab panels")
    session.type("/quit\r")
    #expect(session.exitStatus() == 0)
    for bytes in ["\u{1B}_G", "\u{1B}P", "\u{1B}]1337", "\u{10EEEE}"] {
      #expect(!session.contains(bytes))
    }
  }

  @Test func kittyShowsZoomsAndErases() throws {
    let session = try TerminalSession(
      ["--delay", "2", "--tokens", "5", "--image", Self.image],
      environment: ["KITTY_WINDOW_ID": "1"])
    try session.wait(for: "\u{1B}_Ga=T,f=100,i=")
    try session.wait(for: "ready")
    session.forgetOutput()
    session.type("/show picture\r\r")
    try session.wait(for: "\u{1B}_Ga=d,d=I,i=")
    try session.wait(for: "\u{1B}_Ga=T,f=100,i=")
    session.type("/quit\r")
    #expect(session.exitStatus() == 0)
    let placed = try #require(session.output.ranges(of: Array("\u{1B}_Ga=T".utf8)).last)
    let erased = try #require(session.output.ranges(of: Array("\u{1B}_Ga=d,d=I,i=".utf8)).last)
    #expect(placed.lowerBound < erased.lowerBound, "leaving takes the picture away")
  }
}
