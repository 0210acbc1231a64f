import Basics
import Testing

@testable import TUI

@Suite struct DisplayTextTests {
  @Test func controlCharactersAreShownByTheirPictures() {
    #expect(DisplayText.visible("a\u{1B}[31mb\u{7}\r") == "a␛[31mb␇␍")
    #expect(DisplayText.visible("\u{9B}0m \u{7F}") == "·0m ␡")
  }

  @Test func invisibleCharactersBecomeDots() {
    #expect(DisplayText.visible("a\u{202E}b\u{200B}c\u{FEFF}\u{2028}") == "a·b·c··")
  }

  @Test func nothingACanvasHoldsCanSteerATerminal() {
    var canvas = Canvas(Size(columns: 4, rows: 1))
    var harmful: [UInt32] = []
    for value in 0...0x2_FFFF as ClosedRange<UInt32> {
      guard let scalar = Unicode.Scalar(value) else { continue }
      canvas.put("a" + String(scalar), x: 0, y: 0)
      for shown in canvas[1, 0].glyph.unicodeScalars {
        let category = shown.properties.generalCategory
        if [.control, .format, .unassigned].contains(category) { harmful.append(value) }
      }
    }
    #expect(harmful == [])
  }

  @Test func widthsAreThoseOfATerminal() {
    #expect(DisplayText.width("abc") == 3)
    #expect(DisplayText.width("港 é") == 4)
    #expect(DisplayText.width("e\u{301}\u{323}") == 1)
    #expect(DisplayText.width("🙂") == 2)
  }

  @Test func clippingCountsColumnsNotCharacters() {
    #expect(DisplayText.clipped("港港港", to: 6) == "港港港")
    #expect(DisplayText.clipped("港港港", to: 5) == "港港…")
    #expect(DisplayText.clipped("abcdef", to: 3) == "ab…")
    #expect(DisplayText.clipped("abc", to: 0) == "")
  }

  @Test func aTowerOfAccentsKeepsThreeMarks() {
    var canvas = Canvas(Size(columns: 3, rows: 1))
    canvas.put("e" + String(repeating: "\u{301}", count: 500) + "x", x: 0, y: 0)
    #expect(canvas[0, 0].glyph.unicodeScalars.count == 4)
    #expect(canvas[1, 0].glyph == "x")
  }

  @Test func aWideGlyphThatDoesNotFitIsLeftOut() {
    var canvas = Canvas(Size(columns: 3, rows: 1))
    canvas.put("a港港", x: 0, y: 0)
    #expect(canvas.text == "a港")
  }

  @Test func numbersAreWrittenForPeople() {
    #expect(Format.bytes(0) == "0 B")
    #expect(Format.bytes(293_601_280) == "280.0 MiB")
    #expect(Format.bytes(84 << 20, of: 280 << 20) == "84.0 of 280.0 MiB")
    #expect(Format.bytes(512 << 10, of: 2 << 30) == "512.0 KiB of 2.0 GiB")
    #expect(Format.percent(0.3) == "30 %")
    #expect(Format.percent(0.025) == "2.5 %")
    #expect(Format.percent(1) == "100 %")
    #expect(Format.duration(.microseconds(3140)) == "3.1 ms")
    #expect(Format.duration(.milliseconds(424)) == "424 ms")
    #expect(Format.duration(.milliseconds(1250)) == "1.25 s")
    #expect(Format.duration(.seconds(125)) == "2 min 5 s")
    #expect(Format.count(6144) == "6144")
    #expect(Format.count(1_234_567) == "1 234 567")
  }
}
