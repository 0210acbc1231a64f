/// Takes one event into the state and says what has to be done outside of it. It does no input or
/// output and reads no clock.
func update(_ state: inout AppState, _ event: AppEvent) -> [AppEffect] {
  let effects = take(event, into: &state)
  state.printInspection()
  return effects + state.watchEffects() + state.inspectionEffects()
    + state.keepEffects(after: event)
}

private func take(_ event: AppEvent, into state: inout AppState) -> [AppEffect] {
  guard state.takes(event) else { return [] }
  switch event {
  case .started: return state.start()
  case .key(let key):
    let interruption = state.interruptSweep()
    if !interruption.isEmpty, key == .control("C") { return interruption }
    return interruption + (state.handleInDemo(key) ?? state.handle(key))
  case .paste(let text):
    return state.interruptSweep() + (state.pasteInSessionList(text) ?? state.paste(text))
  case .line(let line):
    state.isLeaveArmed = false
    return state.submit(line: line)
  case .mouse(let action, let point):
    return state.interruptSweep() + state.handle(action, at: point)
  case .engine(let event): return state.handle(event)
  case .session(let event): return state.handle(event)
  case .pictureRead(let asked, let mention): return state.handle(mention, of: asked)
  case .completions(let candidates, let prefix): return state.offer(candidates, replacing: prefix)
  case .resized(let size):
    state.size = size
    state.completion = nil
  case .background(let theme): if state.options.theme == nil { state.theme = theme }
  case .memory(let memory): state.memory = memory
  case .tick:
    state.spinnerFrame += 1
    if state.pictureTokens.tick() { return state.settlePictureTokens() }
  case .passed(let time): return state.passed(time)
  case .noted(let sentence): state.notice(sentence)
  case .failed(let sentence, let status): state.report(error: sentence, status)
  }
  return []
}

extension AppState {
  /// The picture is asked for first, so that it is on the screen while the model loads.
  mutating func loadFirst() -> [AppEffect] {
    let picture = options.imagePath ?? options.samplePicture
    return (picture.map { [.readPictures(.image($0))] } ?? []) + loadModel(options.model)
  }

  fileprivate mutating func start() -> [AppEffect] {
    budget.ask(options.budget)
    let budget: [AppEffect] = [
      .post(.setPolicy(options.policy)), .post(.setBudget(options.budget)),
    ]
    return budget + (options.resume.map { openFirst($0) } ?? loadFirst())
  }

  // MARK: Keys

  /// Whether an event is taken in at all. On a screen that says only that it is too small, nobody sees
  /// what a key, a paste or the mouse does, so only the keys that stop or suspend the program act.
  fileprivate func takes(_ event: AppEvent) -> Bool {
    guard !options.isPlain, Layout.isTooSmall(size) else { return true }
    switch event {
    case .key(let key):
      let meaning = options.keys.meaning(of: key)
      return meaning == .control("C") || meaning == .control("Z")
    case .paste, .mouse: return false
    default: return true
    }
  }

  mutating func handle(_ pressed: Key) -> [AppEffect] {
    guard let key = options.keys.meaning(of: pressed) else { return [] }
    if key != .control("C") { isLeaveArmed = false }
    forgetOldError()
    if helpScroll != nil { return handleInHelp(key) }
    if let effects = handleInSessionList(key) { return effects }
    if let effects = handleInSearch(key) { return effects }
    if key != .tab, key != .backTab, key != .escape { completion = nil }
    for binding in KeyBindings.candidates(key, focus: focus) {
      if let effects = binding.action(&self, key) { return effects }
    }
    guard case .character(let character) = key else { return [] }
    if let effects = Panels.panel(focus).type(&self, character) { return effects }
    focus = .prompt
    return edit { $0.insert(String(character)) }
  }

  private mutating func handleInHelp(_ key: Key) -> [AppEffect] {
    let overlay = HelpOverlay(size, keys: options.keys)
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

  /// Stops what runs; with nothing to stop, or when pressed twice, leaves.
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

  /// Back to the prompt, whatever is open.
  mutating func escape() -> [AppEffect] {
    completion = nil
    offeredPicture = nil
    // What the keys did there is no longer true.
    if showsComparison, comparison?.isRunning == false {
      status = Status(text: "F7 shows the comparison again", kind: .plain)
    } else if inspection.isOn {
      status = Status(text: "F8 looks at tokens again", kind: .plain)
    }
    zoomed = nil
    budget.typed = nil
    pictureTokens.rest()
    leaveTokens()
    focus = .prompt
    scroll = .following
    return isCopying ? toggleCopying() : []
  }

  /// Only the chat, with the mouse left to the terminal; or back to all panels.
  ///
  /// - Parameter panel: has the focus afterwards, when all panels are back.
  mutating func toggleCopying(focusing panel: PanelID = .prompt) -> [AppEffect] {
    isCopying.toggle()
    zoomed = nil
    focus = isCopying ? .chat : panel
    status =
      isCopying
      ? Status(
        text: "select, or Enter copies all; F2 or Esc brings the panels back",
        kind: .plain)
      : idleStatus
    return [.mouseReports(!isCopying)]
  }

  mutating func moveFocus(by step: Int) -> [AppEffect] {
    let ids = Panels.all.filter { panel in
      switch panel.place {
      case .chat: zoomed == nil
      case .prompt: true
      case .side: !isCopying && panel.isShown(self)
      case .middle: zoomed != nil && comparison != nil
      }
    }.map(\.id)
    let here = ids.firstIndex(of: focus) ?? 0
    focus = ids[(here + step + ids.count) % ids.count]
    budget.typed = nil
    if zoomed != nil, focus != .prompt { zoomed = focus }
    return []
  }

  // MARK: Mouse

  fileprivate mutating func handle(_ action: MouseAction, at point: Point) -> [AppEffect] {
    if helpScroll != nil { return handleInHelp(action) }
    if let list = sessionList { return handle(action, at: point, in: list) }
    let layout = Layout(self)
    if action == .release {
      grabbed = nil
      return releasePictureTokens()
    }
    if action == .drag {
      guard let grabbed, let place = layout.place(of: grabbed) else { return [] }
      return pointed(at: place, action, point) ?? []
    }
    guard let place = layout.places.first(where: { $0.frame.contains(point) }) else { return [] }
    if action == .press { focus = place.panel.id }
    guard place.body.contains(point), let effects = pointed(at: place, action, point) else {
      return []
    }
    if action == .press { grabbed = place.panel.id }
    return effects
  }

  private mutating func handle(
    _ action: MouseAction, at point: Point, in list: SessionList
  ) -> [AppEffect] {
    let overlay = SessionListOverlay(list, size)
    switch action {
    case .wheelUp: sessionList?.move(by: -3)
    case .wheelDown: sessionList?.move(by: 3)
    case .press where !overlay.contains(point): sessionList = nil
    case .press: overlay.index(at: point).map { sessionList?.selected = $0 }
    case .drag, .release: break
    }
    return []
  }

  private mutating func handleInHelp(_ action: MouseAction) -> [AppEffect] {
    guard let scroll = helpScroll else { return [] }
    switch action {
    case .wheelUp: helpScroll = max(0, scroll - 3)
    case .wheelDown: helpScroll = min(HelpOverlay(size, keys: options.keys).lastScroll, scroll + 3)
    case .press: helpScroll = nil
    case .drag, .release: break
    }
    return []
  }

  private mutating func pointed(
    at place: Layout.Place, _ action: MouseAction, _ point: Point
  ) -> [AppEffect]? {
    let inside = Point(x: point.x - place.body.x, y: point.y - place.body.y)
    return place.panel.mouse(&self, action, inside, place.body.size)
  }
}
