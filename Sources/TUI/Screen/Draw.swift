import Basics
import Inference

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
    drawHeading(of: place, state, into: &canvas)
    guard !place.body.isEmpty else { continue }
    var body = Canvas(place.body.size)
    place.panel.draw(state, &body, memo)
    canvas.place(body, x: place.body.x, y: place.body.y)
  }
  if let prompt = layout.place(of: .prompt)?.frame {
    drawCompletions(state, above: prompt, into: &canvas)
  }
  drawStatusLine(state, in: layout.status, into: &canvas)
  if let list = state.sessionList { SessionListOverlay(list, state.size).draw(into: &canvas) }
  if let scroll = state.helpScroll {
    HelpOverlay(state.size, keys: state.options.keys).draw(scroll: scroll, into: &canvas)
  }
  canvas.hideCoveredPicture()
  return canvas
}

private func drawTooSmall(into canvas: inout Canvas) {
  let least = Layout.least
  var text =
    "prefixkv needs \(least.columns) × \(least.rows) cells; this terminal has "
    + "\(canvas.size.columns) × \(canvas.size.rows). Nothing is lost; Ctrl+C twice leaves."
  var rows = Wrapping.rows(of: text, width: canvas.size.columns)
  if rows.count > canvas.size.rows {
    text = "needs \(least.columns)×\(least.rows)"
    rows = Wrapping.rows(of: text, width: canvas.size.columns)
  }
  let top = max(0, (canvas.size.rows - rows.count) / 2)
  for (y, row) in rows.enumerated() { canvas.put(text.utf8Slice(row), x: 0, y: top + y) }
}

/// `prefixkv  tiny  F16 · 4 layers · llava_v1                ● ready`
private func drawHeader(_ state: AppState, in rect: Rect, into canvas: inout Canvas) {
  let name = canvas.put("prefixkv", x: rect.x, y: rect.y, style: Style(.accent, .bold))
  let right = activity(state)
  canvas.putTrailing(
    right.text, end: rect.x + rect.width, y: rect.y, limit: rect.width, style: Style(right.role))
  guard let model = state.model else { return }
  let x = rect.x + name + 2
  let limit = rect.width - name - 2 - DisplayText.width(right.text) - 2
  canvas.put(facts(model, width: limit), x: x, y: rect.y, style: Style(.dim))
}

/// What the header tells of the model: name, weights and layers, and as much about the template as
/// there is room for.
private func facts(_ model: ModelSummary, width: Int) -> String {
  let facts = "\(model.name)  \(model.weightType) · \(model.layers) layers"
  let name = model.template.template.name
  let choices = ["template \(name), \(model.template.explanation)", "template \(name)", name]
    .map { facts + " · " + $0 }
  return choices.first { DisplayText.width($0) <= width } ?? DisplayText.clipped(facts, to: width)
}

private func activity(_ state: AppState) -> (text: String, role: Role) {
  if state.isAnswering { return ("● answering", .accent) }
  if state.isBusy { return ("● working", .warning) }
  return state.model == nil ? ("○ no model", .dim) : ("● ready", .good)
}

/// `picture ──────────── cat.jpg 640×480`
private func drawHeading(
  of place: Layout.Place, _ state: AppState, into canvas: inout Canvas
) {
  let frame = place.frame
  let isFocused = state.focus == place.panel.id
  canvas.fill(
    Rect(x: frame.x, y: frame.y, width: frame.width, height: 1), glyph: isFocused ? "━" : "─",
    style: Style(isFocused ? .accent : .faint))
  let title = canvas.put(
    place.panel.id.name + " ", x: frame.x, y: frame.y, limit: frame.width,
    style: isFocused ? Style(.accent, .bold) : Style(.heading, .bold))
  let end = frame.x + frame.width
  let colors = place.panel.legend(state, place.body.size)
  let legend = colors.reduce(0) { $0 + DisplayText.width($1.name) + 2 }
  var room = frame.width - title - 3
  if legend > 0, legend + shortSummary <= room {
    drawLegend(
      colors, Bar.marks(colors.map(\.role), state.theme, state.depth), x: frame.x + title,
      y: frame.y, into: &canvas)
    room -= legend
  }
  let shown = DisplayText.clipped(place.panel.summary(state, room), to: room)
  guard !shown.isEmpty else { return }
  canvas.putTrailing(" " + shown, end: end, y: frame.y, limit: frame.width, style: Style(.dim))
}

/// Columns that a summary needs at least beside a legend: "100 %".
private let shortSummary = 5

private func drawLegend(
  _ legend: [(name: String, role: Role)], _ marks: [String], x: Int, y: Int,
  into canvas: inout Canvas
) {
  var x = x
  for ((name, role), mark) in zip(legend, marks) {
    x += canvas.put(mark, x: x, y: y, style: Style(role))
    x += canvas.put(name + " ", x: x, y: y, style: Style(.dim))
  }
}

/// What a demonstration says, over the whole status line.
private func drawCaption(_ demo: Demo, in rect: Rect, into canvas: inout Canvas) {
  let style = Style(.accent, [.bold, .reverse])
  canvas.fill(rect, style: style)
  let used = canvas.put(
    DisplayText.clipped(" " + demo.caption, to: rect.width), x: rect.x, y: rect.y, style: style)
  let keys = demo.isPaused ? "paused, Space goes on " : "Space pauses, Esc ends "
  guard rect.width - used > keys.count + 1 else { return }
  canvas.putTrailing(
    keys, end: rect.x + rect.width, y: rect.y, limit: keys.count, style: Style(.accent, .reverse))
}

private func drawStatusLine(_ state: AppState, in rect: Rect, into canvas: inout Canvas) {
  if let demo = state.demo { return drawCaption(demo, in: rect, into: &canvas) }
  let hints = hints(state, width: rect.width)
  canvas.putTrailing(
    hints, end: rect.x + rect.width, y: rect.y, limit: rect.width, style: Style(.dim))
  let limit = rect.width - DisplayText.width(hints) - hintGap
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

/// Columns between the status line's sentence and its hints.
private let hintGap = 3

/// The first key of the focused panel, and how to learn of the others: as much of it as leaves the
/// sentence whole, or the least.
private func hints(_ state: AppState, width: Int) -> String {
  if state.isCopying { return "F2 all panels" }
  let (least, general) = ("F1 help", "Tab panels · F1 help")
  var choices = [general, least]
  if state.focus != .prompt,
    let first = KeyBindings.particular(to: state.focus).first(where: { !$0.help.isEmpty })
  {
    let hints = "\(first.label) \(first.help) · \(general)"
    if DisplayText.width(hints) <= state.size.columns / 2 { choices.insert(hints, at: 0) }
  }
  let room = width - DisplayText.width(state.status.text) - hintGap
  return choices.first { DisplayText.width($0) <= room } ?? least
}
