/// Where everything stands, computed from the state alone.
struct Layout {
  static let least = Size(columns: 60, rows: 20)
  private static let gap = 2

  struct Place {
    var panel: Panel
    /// With its heading, which is the first row.
    var frame: Rect
    var body: Rect { frame.dropping(top: 1) }
  }

  let size: Size
  private(set) var places: [Place] = []

  var isTooSmall: Bool { size.columns < Self.least.columns || size.rows < Self.least.rows }
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
    let sideWidth = columns == 2 ? bounded(size.columns * 27 / 100, 40...62) : oneSideWidth
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

  private var oneSideWidth: Int { bounded(size.columns * 38 / 100, 26...58) }

  private func bounded(_ value: Int, _ range: ClosedRange<Int>) -> Int {
    min(range.upperBound, max(range.lowerBound, value))
  }

  private func promptFrame(_ state: AppState, below area: Rect) -> Rect {
    let wanted = Panel.prompt.heights(state, area.width).last ?? 1
    let body = min(wanted, max(1, area.height / 3))
    return Rect(x: area.x, y: area.y + area.height - body - 1, width: area.width, height: body + 1)
  }
}

/// Shares the height of the side columns among the panels.
private struct SideColumns {
  private(set) var places: [Layout.Place] = []

  init(_ state: AppState, sides: [Rect]) {
    var members: [[Panel]] = Array(repeating: [], count: sides.count)
    var used = Array(repeating: 0, count: sides.count)
    for panel in Panels.all where panel.place == .side {
      guard let column = used.indices.min(by: { used[$0] < used[$1] }) else { return }
      members[column].append(panel)
      used[column] += 2 + (panel.heights(state, sides[column].width).last ?? 0)
    }
    for (side, panels) in zip(sides, members) {
      places += Self.stack(panels, in: side, state)
    }
  }

  /// Every panel gets its heading; the focused one its best height; then all of them grow in turn,
  /// one step each, as long as there is room, the urgent first. Rows left over
  /// become gaps.
  private static func stack(_ panels: [Panel], in side: Rect, _ state: AppState) -> [Layout.Place] {
    let choices = panels.map { $0.heights(state, side.width) }
    var heights = Array(repeating: 0, count: panels.count)
    var room = side.height - panels.count
    if let focused = panels.firstIndex(where: { $0.id == state.focus }) {
      heights[focused] = min(room, choices[focused].last ?? 0)
      room -= heights[focused]
    }
    var hasGrown = true
    while hasGrown {
      hasGrown = false
      for index in growthOrder(panels) {
        guard let next = choices[index].first(where: { $0 > heights[index] }),
          next - heights[index] <= room
        else { continue }
        room -= next - heights[index]
        heights[index] = next
        hasGrown = true
      }
    }
    return framed(panels, heights, in: side, spare: room)
  }

  private static func growthOrder(_ panels: [Panel]) -> [Int] {
    panels.indices.sorted { (panels[$0].urgency, $0) < (panels[$1].urgency, $1) }
  }

  private static func framed(
    _ panels: [Panel], _ heights: [Int], in side: Rect, spare: Int
  ) -> [Layout.Place] {
    var room = spare
    var y = side.y
    var places: [Layout.Place] = []
    for index in panels.indices {
      let frame = Rect(x: side.x, y: y, width: side.width, height: heights[index] + 1)
      places.append(Layout.Place(panel: panels[index], frame: frame))
      y += frame.height
      if room > 0, index + 1 < panels.count, heights[index] > 0 {
        y += 1
        room -= 1
      }
    }
    return places
  }
}
