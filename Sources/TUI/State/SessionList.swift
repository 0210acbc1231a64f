import Basics
import Sessions

/// The list of kept conversations, with a search in it.
struct SessionList: Sendable, Equatable {
  /// What is looked for in titles, questions and answers.
  var query = ""
  /// What the store has found, the newest first; nil before it has looked.
  var summaries: [SessionSummary]?
  var selected = 0
  /// The title that is being typed for the selected one; nil: none is.
  var title: String?
  /// The next press of the same key deletes the selected one.
  var isDeleteArmed = false

  var selection: SessionSummary? {
    guard let summaries, summaries.indices.contains(selected) else { return nil }
    return summaries[selected]
  }

  mutating func move(by step: Int) {
    selected = max(0, min((summaries?.count ?? 0) - 1, selected + step))
  }
}

extension AppState {
  /// Opens the list; in plain mode it is printed.
  mutating func listSessions(_ search: String) -> [AppEffect] {
    if !options.isPlain { sessionList = SessionList(query: search) }
    return ask(.list(search: search))
  }

  mutating func list(_ summaries: [SessionSummary], _ search: String) {
    guard options.isPlain else {
      guard sessionList?.query == search else { return }
      sessionList?.summaries = summaries
      sessionList?.move(by: 0)
      return
    }
    for summary in summaries { notice(summary.line) }
    let what = search.isEmpty ? "kept" : "with '\(search)'"
    notice(
      summaries.isEmpty
        ? "no conversation \(what)" : "/sessions resume ID goes on with one")
  }

  /// Asks once more for what the list shows, after something in it has changed.
  mutating func relist() -> [AppEffect] {
    guard let query = sessionList?.query else { return [] }
    return ask(.list(search: query))
  }

  // MARK: Keys

  /// nil while no list is open.
  mutating func handleInSessionList(_ key: Key) -> [AppEffect]? {
    guard let list = sessionList else { return nil }
    if let title = list.title { return handle(key, in: title) }
    let isDelete = key == .delete || key == .control("D")
    if isDelete { return deleteSelected() }
    sessionList?.isDeleteArmed = false
    switch key {
    case .up: sessionList?.move(by: -1)
    case .down: sessionList?.move(by: 1)
    case .pageUp: sessionList?.move(by: -10)
    case .pageDown: sessionList?.move(by: 10)
    case .home: sessionList?.selected = 0
    case .end: sessionList?.move(by: .max / 2)
    case .enter: return list.selection.map { open(.id($0.id)) } ?? []
    case .control("T"): sessionList?.title = list.selection.map { $0.title ?? "" }
    case .character(let character): return search(list.query + String(character))
    case .backspace: return search(String(list.query.dropLast()))
    case .control("L"): return [.repaint]
    case .control("Z"): return [.suspend]
    case .escape, .control("C"): sessionList = nil
    default: break
    }
    return []
  }

  /// Text that was pasted while the list is open.
  ///
  /// - Returns: nil while no list is open.
  mutating func pasteInSessionList(_ text: String) -> [AppEffect]? {
    guard let list = sessionList else { return nil }
    if let title = list.title {
      sessionList?.title = title + DisplayText.title(text)
      return []
    }
    return search(list.query + DisplayText.oneLine(text))
  }

  private mutating func search(_ query: String) -> [AppEffect] {
    sessionList?.query = query
    sessionList?.selected = 0
    return relist()
  }

  private mutating func handle(_ key: Key, in title: String) -> [AppEffect] {
    switch key {
    case .character(let character): sessionList?.title = title + String(character)
    case .backspace: sessionList?.title = String(title.dropLast())
    case .enter:
      sessionList?.title = nil
      guard let id = sessionList?.selection?.id else { return [] }
      return ask(.rename(id: id, title: title))
    case .escape, .control("C"): sessionList?.title = nil
    default: break
    }
    return []
  }

  private mutating func deleteSelected() -> [AppEffect] {
    guard let list = sessionList, let id = list.selection?.id else { return [] }
    sessionList?.isDeleteArmed = !list.isDeleteArmed
    return list.isDeleteArmed ? ask(.delete(id: id)) : []
  }
}

extension SessionSummary {
  /// `4 questions, 2026-11-27 23:50`
  var facts: String {
    "\(Format.counted(questions, "question")), \(Format.moment(changed))"
  }

  /// One line for plain mode: what to type, what it is, and when it was.
  fileprivate var line: String { "\(id): \(label) (\(facts), \(modelName))" }
}
