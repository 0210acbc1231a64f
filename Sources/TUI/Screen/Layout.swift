/// Where everything stands, computed from the state alone.
struct Layout {
  /// Below this size the screen only says that it is too small.
  static let least = Size(columns: 60, rows: 20)
  private static let gap = 2

  /// Whether a screen of that size is below `least`.
  static func isTooSmall(_ size: Size) -> Bool {
    size.columns < least.columns || size.rows < least.rows
  }

  struct Place {
    var panel: Panel
    /// With its heading, which is the first row.
    var frame: Rect
    var body: Rect { frame.dropping(top: 1) }
  }

  let size: Size
  private(set) var places: [Place] = []

  var isTooSmall: Bool { Self.isTooSmall(size) }
  var header: Rect { Rect(x: 1, y: 0, width: size.columns - 2, height: 1) }
  var status: Rect { Rect(x: 1, y: size.rows - 1, width: size.columns - 2, height: 1) }

  init(_ state: AppState) {
    size = state.size
    guard !isTooSmall else { return }
    let top = size.rows >= 30 ? 2 : 1
    let bottom = size.rows >= 30 ? 2 : 1
    let middle = Rect(
      x: 1, y: top, width: size.columns - 2, height: size.rows - top - bottom)
    if let zoomed = state.zoomed {
      let prompt = promptFrame(state, below: middle)
      places = [
        Place(panel: .prompt, frame: prompt),
        Place(
          panel: Panels.panel(zoomed),
          frame: Rect(x: 1, y: top, width: middle.width, height: prompt.y - top)),
      ]
      return
    }
    let columns = state.isCopying ? 0 : size.columns >= 150 ? 2 : 1
    let sideWidth =
      columns == 2
      ? bounded(size.columns * (state.isWide ? 32 : 27) / 100, 40...80) : oneSideWidth
    let sideTotal = columns * (sideWidth + Self.gap)
    let main = Rect(x: 1, y: top, width: middle.width - sideTotal, height: middle.height)
    let prompt = promptFrame(state, below: main)
    places = [
      Place(panel: .prompt, frame: prompt),
      Place(
        panel: .chat, frame: Rect(x: 1, y: top, width: main.width, height: prompt.y - top)),
    ]
    let sides = (0..<columns).map { column in
      Rect(
        x: main.x + main.width + Self.gap + column * (sideWidth + Self.gap), y: top,
        width: sideWidth, height: middle.height)
    }
    places += SideColumns(state, sides: sides).places
  }

  func place(of id: PanelID) -> Place? { places.first { $0.panel.id == id } }

  func body(of id: PanelID) -> Rect? { place(of: id)?.body }

  /// At 80 columns 34, so that every one of 32 layers has a bar of its own.
  private var oneSideWidth: Int { bounded(size.columns * 43 / 100, 26...58) }

  private func bounded(_ value: Int, _ range: ClosedRange<Int>) -> Int {
    min(range.upperBound, max(range.lowerBound, value))
  }

  private func promptFrame(_ state: AppState, below area: Rect) -> Rect {
    let wanted = Panel.prompt.heights(state, area.width).last ?? 1
    let body = min(wanted, max(1, area.height / 3))
    return Rect(x: area.x, y: area.y + area.height - body - 1, width: area.width, height: body + 1)
  }
}
