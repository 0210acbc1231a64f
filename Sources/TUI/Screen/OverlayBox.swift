import Basics

/// The frame of what lies over the panels.
enum OverlayBox {
  /// Clears a rectangle and draws a border at its edge.
  ///
  /// - Parameters:
  ///   - title: stands in the border above, `hint` in the one below.
  static func draw(_ box: Rect, title: String, hint: String, into canvas: inout Canvas) {
    canvas.cursor = nil
    canvas.fill(Rect(x: box.x - 2, y: box.y, width: box.width + 4, height: box.height))
    let style = Style(.accent)
    let right = box.x + box.width - 1
    let bottom = box.y + box.height - 1
    let line = String(repeating: "─", count: box.width - 2)
    canvas.put("╭" + line + "╮", x: box.x, y: box.y, style: style)
    canvas.put("╰" + line + "╯", x: box.x, y: bottom, style: style)
    for y in box.y + 1..<max(box.y + 1, bottom) {
      canvas.put("│", x: box.x, y: y, style: style)
      canvas.put("│", x: right, y: y, style: style)
    }
    canvas.put(" \(title) ", x: box.x + 2, y: box.y, style: Style(.accent, .bold))
    canvas.putTrailing(
      " \(hint) ", end: right - 1, y: bottom, limit: box.width - 4, style: Style(.dim))
  }
}
