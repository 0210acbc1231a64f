/// A search through earlier questions, as Ctrl+R begins it in shells.
struct HistorySearch: Sendable, Equatable {
  /// What is looked for; case does not matter.
  var query = ""
  /// The place in the history of the entry that is shown; nil when none matches.
  var place: Int?
  /// What stood in the prompt before.
  let draft: String

  /// The next older entry that holds the query and differs from the one shown.
  func older(in entries: [String]) -> Int? {
    let shown = place.map { entries[$0] }
    return entries[..<(place ?? entries.count)].lastIndex { $0 != shown && matches($0) }
  }

  /// The newest entry that holds the query.
  func newest(in entries: [String]) -> Int? { entries.lastIndex(where: matches) }

  private func matches(_ entry: String) -> Bool {
    query.isEmpty || entry.lowercased().contains(query.lowercased())
  }
}

extension AppState {
  /// Begins a search, or goes to the next older match.
  mutating func searchHistory() -> [AppEffect] {
    guard let search else {
      self.search = HistorySearch(draft: prompt.text)
      focus = .prompt
      completion = nil
      return showMatch(nil)
    }
    return showMatch(search.older(in: history.entries) ?? search.place)
  }

  /// Keys while a search is open. Enter takes the match; what moves the cursor takes it and does what it
  /// always does; Esc and Ctrl+C bring back what was there before.
  mutating func handleInSearch(_ key: Key) -> [AppEffect]? {
    guard let search else { return nil }
    switch key {
    case .control("R"): return searchHistory()
    case .character(let character): return narrow(to: search.query + String(character))
    case .backspace: return narrow(to: String(search.query.dropLast()))
    case .escape, .control("C"), .control("G"):
      prompt.set(search.draft)
      return endSearch()
    case .enter: return endSearch()
    default:
      _ = endSearch()
      return nil
    }
  }

  private mutating func narrow(to query: String) -> [AppEffect] {
    search?.query = query
    return showMatch(search?.newest(in: history.entries))
  }

  private mutating func showMatch(_ place: Int?) -> [AppEffect] {
    search?.place = place
    guard let search else { return [] }
    prompt.set(place.map { history.entries[$0] } ?? search.draft)
    let found = place == nil && !search.query.isEmpty ? "nothing has" : "search"
    status = Status(text: "\(found) '\(search.query)'; Ctrl+R older, Enter takes it", kind: .plain)
    return []
  }

  private mutating func endSearch() -> [AppEffect] {
    search = nil
    status = idleStatus
    return []
  }
}
