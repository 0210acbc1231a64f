import Basics

/// The whole screen as a function of the state.
func draw(_ state: AppState, memo: DrawingMemo) -> Canvas {
  var canvas = Canvas(state.size)
  let layout = Layout(state)
  guard !layout.isTooSmall else {
    drawTooSmall(into: &canvas)
    return canvas
  }
  drawHeader(state, in: layout.header, into: &canvas)
  for place in layout.places {
    drawHeading(place, state, into: &canvas)
    guard !place.body.isEmpty else { continue }
    var body = Canvas(Size(columns: place.body.width, rows: place.body.height))
    place.panel.draw(state, &body, memo)
    canvas.place(body, x: place.body.x, y: place.body.y)
  }
  if let prompt = layout.place(of: .prompt)?.frame {
    drawCompletions(state, above: prompt, into: &canvas)
  }
  drawStatus(state, in: layout.status, into: &canvas)
  if let scroll = state.helpScroll { HelpOverlay(state.size).draw(scroll: scroll, into: &canvas) }
  return canvas
}

private func drawTooSmall(into canvas: inout Canvas) {
  let least = Layout.least
  var text =
    "prefixkv needs \(least.columns) × \(least.rows) cells; here are "
    + "\(canvas.size.columns) × \(canvas.size.rows). Nothing is lost."
  var rows = Wrapping.rows(of: text, width: canvas.size.columns)
  if rows.count > canvas.size.rows {
    text = "needs \(least.columns)×\(least.rows)"
    rows = Wrapping.rows(of: text, width: canvas.size.columns)
  }
  let top = max(0, (canvas.size.rows - rows.count) / 2)
  for (y, row) in rows.enumerated() { canvas.put(text.utf8Slice(row), x: 0, y: top + y) }
}

private func drawHeader(_ state: AppState, in rect: Rect, into canvas: inout Canvas) {
  let name = canvas.put("prefixkv", x: rect.x, y: rect.y, style: Style(.accent, .bold))
  let right: (text: String, role: Role) =
    state.isAnswering
    ? ("● answering", .accent)
    : state.isBusy
      ? ("● working", .warning) : state.model == nil ? ("○ no model", .dim) : ("● ready", .good)
  canvas.putTrailing(
    right.text, end: rect.x + rect.width, y: rect.y, limit: rect.width, style: Style(right.role))
  guard let model = state.model else { return }
  let facts = "\(model.name)  \(model.weightType) · \(model.layers) layers"
  let x = rect.x + name + 2
  let limit = rect.width - name - 2 - DisplayText.width(right.text) - 2
  canvas.put(DisplayText.clipped(facts, to: limit), x: x, y: rect.y, style: Style(.dim))
}

/// `picture ──────────── cat.jpg 640×480`
private func drawHeading(_ place: Layout.Place, _ state: AppState, into canvas: inout Canvas) {
  let frame = place.frame
  let isFocused = state.focus == place.panel.id
  canvas.fill(
    Rect(x: frame.x, y: frame.y, width: frame.width, height: 1), glyph: isFocused ? "━" : "─",
    style: Style(isFocused ? .accent : .faint))
  let title = canvas.put(
    place.panel.id.name + " ", x: frame.x, y: frame.y, limit: frame.width,
    style: isFocused ? Style(.accent, .bold) : Style(.heading, .bold))
  let legend = place.panel.legend.reduce(0) { $0 + $1.name.count + 3 }
  var room = frame.width - title - 4
  let summary = place.panel.summary(state, room)
  if DisplayText.width(summary) + legend < room {
    var x = frame.x + title
    for (name, role) in place.panel.legend {
      x += canvas.put("■ ", x: x, y: frame.y, style: Style(role))
      x += canvas.put(name + " ", x: x, y: frame.y, style: Style(.dim))
    }
    room -= legend
  }
  let shown = DisplayText.clipped(summary, to: room)
  guard !shown.isEmpty else { return }
  canvas.putTrailing(
    " " + shown, end: frame.x + frame.width, y: frame.y, limit: frame.width, style: Style(.dim))
}

private func drawCompletions(_ state: AppState, above prompt: Rect, into canvas: inout Canvas) {
  guard let completion = state.completion, completion.candidates.count > 1 else { return }
  let height = min(8, completion.candidates.count, prompt.y - 2)
  guard height > 0 else { return }
  let selected = completion.selected ?? 0
  let first = max(0, min(selected - height / 2, completion.candidates.count - height))
  let shown = completion.candidates[first..<first + height].map(lastComponent)
  let width = min(prompt.width, (shown.map { DisplayText.width($0) }.max() ?? 0) + 2)
  for (row, candidate) in shown.enumerated() {
    let y = prompt.y - height + row
    let isSelected = completion.selected == first + row
    let style = isSelected ? Style(.accent, [.bold, .reverse]) : Style(.text, [], on: .track)
    canvas.fill(Rect(x: prompt.x, y: y, width: width, height: 1), style: style)
    canvas.put(
      DisplayText.clipped(candidate, to: width - 2), x: prompt.x + 1, y: y, style: style)
  }
}

/// `images/` of `/oracle/images/`
private func lastComponent(_ path: String) -> String {
  let body = path.dropLast(path.hasSuffix("/") ? 1 : 0)
  guard let slash = body.lastIndex(of: "/") else { return path }
  return String(path[path.index(after: slash)...])
}

private func drawStatus(_ state: AppState, in rect: Rect, into canvas: inout Canvas) {
  let hints = hints(state)
  canvas.putTrailing(
    hints, end: rect.x + rect.width, y: rect.y, limit: rect.width, style: Style(.dim))
  let limit = rect.width - DisplayText.width(hints) - 3
  let role: Role =
    switch state.status.kind {
    case .plain: .dim
    case .good: .good
    case .warning: .warning
    case .error: .error
    }
  canvas.put(
    DisplayText.clipped(state.status.text, to: limit), x: rect.x, y: rect.y, style: Style(role))
}

/// The first key of the focused panel, and how to learn of the others.
private func hints(_ state: AppState) -> String {
  let general = "Tab panels · F1 help"
  guard state.focus != .prompt,
    let first = KeyBindings.all.first(where: {
      $0.section != .anywhere && !$0.help.isEmpty && $0.applies(to: state.focus)
    })
  else { return general }
  let hints = "\(first.label) \(first.help) · \(general)"
  return DisplayText.width(hints) <= state.size.columns / 2 ? hints : general
}

extension Canvas {
  /// Copies `part` to a place inside this canvas, its cursor included.
  mutating func place(_ part: Canvas, x: Int, y: Int) {
    for row in 0..<part.size.rows {
      for column in 0..<part.size.columns { set(x + column, y + row, part[column, row]) }
    }
    if let cursor = part.cursor { self.cursor = Point(x: x + cursor.x, y: y + cursor.y) }
  }
}
