import Foundation
import Inference

/// Keeps the terminal's picture as the canvas has it. It decides what is sent and sends nothing itself.
struct PicturePainter {
  /// Whether sequences go through tmux.
  let isInTmux: Bool
  /// What the terminal shows.
  private var shown: PlacedPicture?

  init(isInTmux: Bool) { self.isInTmux = isInTmux }

  /// What to send before the cells are painted, so that an old picture is gone, and afterwards. Both are
  /// empty as long as nothing changes, and always where pictures are cells.
  ///
  /// - Parameters:
  ///   - isUnknown: whether the terminal may have lost what it showed.
  ///   - cell: pixels of a cell.
  mutating func change(to picture: PlacedPicture?, isUnknown: Bool, cell: PixelSize) -> (
    before: String, after: String
  ) {
    if picture == shown, !isUnknown { return ("", "") }
    let old = shown
    shown = picture
    let isReplaced = old?.rect == picture?.rect && old?.method == picture?.method
    // A screen that is painted anew has lost what lay over its cells.
    let isGone = isReplaced || isUnknown && [.sixel, .iterm].contains(old?.method)
    let before = isGone ? "" : old.map(erasing) ?? ""
    return (before, picture.map { showing($0, cell: cell) } ?? "")
  }

  var isShowing: Bool { shown != nil }

  /// What makes the terminal forget the picture, when it is given back.
  mutating func leave() -> String { change(to: nil, isUnknown: false, cell: Self.usualCell).before }

  /// What to assume of a terminal that does not tell: small enough to stay inside of the panel.
  static let usualCell = PixelSize(width: 8, height: 16)

  private func erasing(_ picture: PlacedPicture) -> String {
    switch picture.method {
    case .cells: ""
    case .kitty: KittyGraphics.remove(picture.number)
    case .kittyPlaceholders: handedOn(KittyGraphics.remove(picture.number))
    // Cells that are written take their part of the picture with them. They are blank, as curses knows
    // them. Where cells are only erased (ECH, EL), xterm hides the picture and later shows it again.
    case .sixel, .iterm:
      (0..<picture.rect.height).map { row in
        let blanks = String(repeating: " ", count: picture.rect.width)
        return at(picture.rect.x, picture.rect.y + row, "\u{1B}[m" + blanks)
      }.joined()
    }
  }

  private func showing(_ picture: PlacedPicture, cell: PixelSize) -> String {
    let rect = picture.rect
    func kitty(hasPlaceholders: Bool) -> String {
      guard let png = try? picture.pixels.png(isQuick: true) else { return "" }
      return KittyGraphics.show(
        png, number: picture.number, columns: rect.width, rows: rect.height,
        hasPlaceholders: hasPlaceholders)
    }
    switch picture.method {
    case .cells: return ""
    case .kitty: return at(rect.x, rect.y, kitty(hasPlaceholders: false))
    case .kittyPlaceholders: return handedOn(kitty(hasPlaceholders: true))
    case .sixel:
      let sixels = SixelGraphics.show(
        picture.pixels, cells: rect.size, cell: cell, isQuick: picture.isQuick)
      return sixels.map { at(rect.x, rect.y, $0) } ?? ""
    case .iterm:
      guard let png = try? picture.pixels.png(isQuick: true) else { return "" }
      return at(rect.x, rect.y, Self.inlineImage(png, rect.size))
    }
  }

  /// Source: https://iterm2.com/documentation-images.html.
  private static func inlineImage(_ png: [UInt8], _ size: Size) -> String {
    "\u{1B}]1337;File=inline=1;size=\(png.count);width=\(size.columns);height=\(size.rows);"
      + "preserveAspectRatio=0;doNotMoveCursor=1:\(Data(png).base64EncodedString())\u{7}"
  }

  private func handedOn(_ sequences: String) -> String {
    isInTmux ? Tmux.passthrough(sequences) : sequences
  }

  /// Something at a cell; the cursor and its colours are afterwards as curses left them.
  private func at(_ x: Int, _ y: Int, _ text: String) -> String {
    "\u{1B}7\u{1B}[\(y + 1);\(x + 1)H\(text)\u{1B}8"
  }
}
