/// Takes one event into the state and says what has to be done outside of it. No input, no output,
/// no clock.
func update(_ state: inout AppState, _ event: AppEvent) -> [AppEffect] {
  switch event {
  case .started: return state.start()
  case .key(let key): return state.handle(key)
  case .paste(let text): return state.paste(text)
  case .mouse(let action, let point): return state.handle(action, at: point)
  case .engine(let event): return state.handle(event)
  case .pathResolved(let question, let path): return state.resolved(question, path)
  case .completions(let candidates, let prefix): return state.offer(candidates, replacing: prefix)
  case .resized(let size):
    state.size = size
    state.completion = nil
  case .memory(let memory): state.memory = memory
  case .tick: state.turn += 1
  case .noted(let sentence): state.notice(sentence)
  case .failed(let sentence): state.report(error: sentence)
  }
  return []
}

extension AppState {
  fileprivate mutating func start() -> [AppEffect] {
    var effects: [AppEffect] = [
      .post(.setPolicy(options.policy)), .post(.setBudget(options.budget)),
    ]
    budget.ask(options.budget)
    // The picture first: it is on the screen while the model loads.
    if let path = options.imagePath ?? options.samplePicture {
      effects.append(.resolve(.image(path)))
    }
    return effects + loadModel(options.model)
  }

  // MARK: Keys

  fileprivate mutating func handle(_ key: Key) -> [AppEffect] {
    if key != .control("C") { isLeaveArmed = false }
    if helpScroll != nil { return handleInHelp(key) }
    if key != .tab, key != .backTab, key != .escape { completion = nil }
    for binding in KeyBindings.candidates(key, focus: focus) {
      if let effects = binding.action(&self, key) { return effects }
    }
    guard case .character(let character) = key else { return [] }
    if focus == .budget, budget.typed != nil || character.isNumber || character == "." {
      budget.typed = String(((budget.typed ?? "") + String(character)).prefix(16))
      return []
    }
    focus = .prompt
    return edit { $0.insert(String(character)) }
  }

  private mutating func handleInHelp(_ key: Key) -> [AppEffect] {
    let overlay = HelpOverlay(size)
    let here = min(helpScroll ?? 0, overlay.lastScroll)
    let page = max(1, overlay.box.height - 3)
    switch key {
    case .up: helpScroll = max(0, here - 1)
    case .down: helpScroll = min(overlay.lastScroll, here + 1)
    case .pageUp: helpScroll = max(0, here - page)
    case .pageDown, .character(" "): helpScroll = min(overlay.lastScroll, here + page)
    case .home: helpScroll = 0
    case .end: helpScroll = overlay.lastScroll
    case .control("L"): return [.repaint]
    case .control("Z"): return [.suspend]
    default: helpScroll = nil
    }
    return []
  }

  mutating func interrupt() -> [AppEffect] {
    if isBusy, !isLeaveArmed {
      isLeaveArmed = true
      status = Status(text: "stopping; Ctrl+C again leaves", kind: .warning)
      return [.post(.cancel)]
    }
    if isLeaveArmed { return [.quit(status: 0)] }
    isLeaveArmed = true
    if !prompt.isEmpty { history.add(prompt.take()) }  // the arrow key brings it back
    status = Status(text: "Ctrl+C again leaves", kind: .warning)
    return []
  }

  mutating func escape() -> [AppEffect] {
    let wasCopying = isCopying
    completion = nil
    offeredPicture = nil
    zoomed = nil
    isCopying = false
    budget.typed = nil
    focus = .prompt
    scroll = .following
    return wasCopying ? [.mouseReports(true)] : []
  }

  mutating func moveFocus(by step: Int) -> [AppEffect] {
    let ids = Panels.all.filter { panel in
      isCopying ? panel.place != .side : zoomed == nil || panel.place != .chat
    }.map(\.id)
    let here = ids.firstIndex(of: focus) ?? 0
    focus = ids[(here + step + ids.count) % ids.count]
    budget.typed = nil
    if zoomed != nil, Panels.panel(focus).place == .side { zoomed = focus }
    return []
  }

  // MARK: Mouse

  fileprivate mutating func handle(_ action: MouseAction, at point: Point) -> [AppEffect] {
    if let scroll = helpScroll {
      let last = HelpOverlay(size).lastScroll
      if action == .wheelUp { helpScroll = max(0, scroll - 3) }
      if action == .wheelDown { helpScroll = min(last, scroll + 3) }
      if action == .press { helpScroll = nil }
      return []
    }
    let layout = Layout(self)
    if action == .release { isDraggingBudget = false }
    if action == .drag, isDraggingBudget, let body = layout.body(of: .budget) {
      return Panel.budget.pointed(&self, action, point, body)
    }
    guard let place = layout.places.first(where: { $0.frame.contains(point) }) else { return [] }
    if action == .press { focus = place.panel.id }
    guard place.body.contains(point) else { return [] }
    return place.panel.pointed(&self, action, point, place.body)
  }

  // MARK: Sentences

  mutating func notice(_ sentence: String) {
    insertAside(Message(role: .notice, text: sentence))
    status = Status(text: sentence, kind: .plain)
  }

  mutating func report(error sentence: String) {
    insertAside(Message(role: .error, text: sentence))
    status = Status(text: sentence, kind: .error)
  }

  /// A sentence that arrives while an answer streams goes above it, so that the answer stays whole.
  private mutating func insertAside(_ message: Message) {
    transcript.insert(message, at: runningAnswer ?? nextPlace)
  }
}

extension Panel {
  func pointed(
    _ state: inout AppState, _ action: MouseAction, _ point: Point, _ body: Rect
  ) -> [AppEffect] {
    let inside = Point(x: point.x - body.x, y: point.y - body.y)
    return mouse(&state, action, inside, Size(columns: body.width, rows: body.height))
  }
}
