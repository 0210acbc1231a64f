import Basics
import CTerm
import Foundation
import Glibc
import Inference

/// The screen, the keyboard and the mouse. The only file that draws with curses.
final class Terminal {
  let depth: ColorDepth
  let symbols: PictureSymbols
  /// What stands on the screen; nil when that is not known.
  private var shown: (canvas: Canvas, theme: Theme)?
  private var input = TerminalInput()
  private var pictures = PicturePainter(isInTmux: Tmux.isAround)

  /// Takes the terminal on standard input and output.
  ///
  /// - Parameter crashNotice: what a crash writes after it has restored the terminal.
  /// - Returns: nil when the terminal cannot be taken.
  init?(_ look: TerminalLook, crashNotice: String) {
    let pointers = look.names.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    let status = pointers.map { UnsafePointer($0) }.withUnsafeBufferPointer {
      cterm_open($0.baseAddress, crashNotice)
    }
    guard status == 0 else { return nil }
    depth = look.isColorless ? .none : ColorDepth(colors: Int(cterm_colors()))
    symbols = look.symbols
  }

  func close() {
    emit(pictures.leave())
    cterm_close()
  }

  private func emit(_ sequences: String) { if !sequences.isEmpty { cterm_send(sequences) } }

  /// Everything that was typed, pasted or pointed at, without waiting.
  func events() -> [AppEvent] { input.events() }

  var size: Size { Size(columns: Int(cterm_columns()), rows: Int(cterm_rows())) }

  /// Pixels of a cell, as the terminal's driver knows them.
  private var cellSize: PixelSize {
    var (width, height): (Int32, Int32) = (0, 0)
    cterm_cell_size(&width, &height)
    guard width > 0, height > 0 else { return PicturePainter.usualCell }
    return PixelSize(width: Int(width), height: Int(height))
  }

  /// After SIGWINCH.
  func takeSize() -> Size {
    cterm_resize()
    // Cells keep their place where a screen grows or shrinks; a picture over them may not.
    if pictures.isShowing { cterm_repaint() }
    shown = nil
    return size
  }

  func setMouseReports(_ isOn: Bool) { cterm_mouse_reports(isOn) }

  /// Asks which theme suits the terminal's background. The answer arrives among the keys, if at all.
  func askBackground() { cterm_ask_background() }

  /// Asks the terminal to put text into the clipboard; it does not answer whether it did.
  func copy(_ text: String) -> AppEvent {
    cterm_send(Clipboard.sequence(text, isInTmux: Tmux.isAround))
    return .noted(
      "copied \(Format.counted(text.count, "character")) by OSC 52, where the terminal allows it")
  }

  func repaint() {
    cterm_repaint()
    shown = nil
  }

  /// Gives the terminal to the shell until the process is continued.
  func suspend() {
    emit(pictures.leave())
    cterm_stop()
    shown = nil
  }

  // MARK: Painting

  /// Paints the cells that differ from those on the screen.
  ///
  /// - Parameter colors: stay the same as long as the terminal is held.
  func show(_ canvas: Canvas, theme: Theme, colors: ColorChoices) {
    func color(_ ink: Ink) -> Int32 {
      colors.color(ink, depth: depth) ?? theme.color(ink, depth: depth)
    }
    let picture = pictures.change(to: canvas.picture, isUnknown: shown == nil, cell: cellSize)
    if canvas.picture.map({ $0.method != .kittyPlaceholders }) == true { cterm_forbid_scrolling() }
    emit(picture.before)
    let canvas = canvas.sparingPicture
    let old = shown?.canvas.size == canvas.size && shown?.theme == theme ? shown?.canvas : nil
    for y in 0..<canvas.size.rows {
      for x in 0..<canvas.size.columns {
        let cell = canvas[x, y]
        if cell.width == 0 || old?[x, y] == cell && !isDisturbed(old, canvas, x, y) { continue }
        var attributes = cell.style.attributes
        if cell.style.foreground.isBright { attributes.insert(.bold) }
        cterm_put(
          Int32(y), Int32(x), cell.glyph, Int32(cell.width),
          color(cell.style.foreground), color(cell.style.background),
          Int32(attributes.rawValue))
      }
    }
    let cursor = canvas.cursor
    cterm_cursor(Int32(cursor?.y ?? 0), Int32(cursor?.x ?? 0), cursor != nil)
    cterm_flush()
    emit(picture.after)
    shown = (canvas, theme)
  }

  /// A wide glyph beside the cell came or went: curses may have blanked the cell with it.
  private func isDisturbed(_ old: Canvas?, _ new: Canvas, _ x: Int, _ y: Int) -> Bool {
    guard let old else { return true }
    let neighbours = max(0, x - 1)...min(new.size.columns - 1, x + 1)
    return neighbours.contains { old[$0, y].width != new[$0, y].width }
  }
}
