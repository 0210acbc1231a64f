/// Shares the height of the side columns among the panels.
struct SideColumns {
  private(set) var places: [Layout.Place] = []

  init(_ state: AppState, sides: [Rect]) {
    var members: [[Panel]] = Array(repeating: [], count: sides.count)
    var used = Array(repeating: 0, count: sides.count)
    for panel in Panels.all where panel.place == .side && panel.isShown(state) {
      guard let column = used.indices.min(by: { used[$0] < used[$1] }) else { return }
      members[column].append(panel)
      used[column] += 2 + (panel.heights(state, sides[column].width).last ?? 0)
    }
    for (side, panels) in zip(sides, members) {
      places += Self.stack(panels, in: side, state)
    }
  }

  /// Every panel gets its heading, and the focused one its best height. Then all of them grow one
  /// step after the other, the urgent first, as long as there is room. Rows that are left over become
  /// gaps.
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
      for index in growthOrder(panels, state) {
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

  private static func growthOrder(_ panels: [Panel], _ state: AppState) -> [Int] {
    func urgency(_ panel: Panel) -> Int { panel.isUrgent(state) ? -1 : panel.urgency }
    return panels.indices.sorted { (urgency(panels[$0]), $0) < (urgency(panels[$1]), $1) }
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
