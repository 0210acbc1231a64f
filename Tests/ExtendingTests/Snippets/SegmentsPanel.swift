import Basics

@testable import TUI

extension PanelID {
  static let segments = PanelID(name: "segments")
}

extension Panel {
  /// How many entries of the picture and of the text are left, over all layers.
  static let segments = Panel(
    id: .segments,
    place: .side,
    urgency: 3,
    summary: { state, _ in Format.count(entries(state).image) },
    heights: { _, _ in [2] },
    draw: { state, canvas, _ in
      let entries = entries(state)
      let width = canvas.size.columns
      for (y, row) in [("picture", entries.image), ("text", entries.text)].enumerated() {
        let used = canvas.put(row.0, x: 0, y: y, limit: width, style: Style(.dim))
        canvas.putTrailing(Format.count(row.1), end: width, y: y, limit: width - used - 1)
      }
    },
    text: { state in
      let entries = entries(state)
      return ["entries: picture \(entries.image), text \(entries.text)"]
    })

  private static func entries(_ state: AppState) -> (image: Int, text: Int) {
    let layers = state.cache?.layers ?? []
    let image = layers.reduce(0) { $0 + $1.image }
    return (image, layers.reduce(0) { $0 + $1.retained } - image)
  }
}
