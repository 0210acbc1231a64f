/// Candidates of Tab, and the one that stands in the prompt.
struct Completion: Sendable, Equatable {
  /// The prompt's text in front of every candidate.
  var front: String
  var candidates: [String]
  /// nil: the prompt holds what all candidates begin with.
  var selected: Int?

  /// The candidate `step` places further on, around the end.
  func moved(by step: Int) -> Completion? {
    guard !candidates.isEmpty else { return nil }
    var next = self
    next.selected = selected.map { ($0 + step + candidates.count) % candidates.count } ?? 0
    return next
  }
}

extension AppState {
  /// Completes the command or its argument in front of the cursor.
  ///
  /// - Returns: nil when there is nothing to complete, so that Tab means the next panel.
  mutating func complete(by step: Int) -> [AppEffect]? {
    if let next = completion?.moved(by: step) {
      completion = next
      prompt.set(next.front + next.candidates[next.selected ?? 0])
      return []
    }
    guard prompt.text.hasPrefix("/"), prompt.head.endIndex == prompt.text.endIndex else {
      return nil
    }
    guard let space = prompt.text.firstIndex(of: " ") else {
      let word = String(prompt.text.dropFirst())
      let names = SlashCommands.all.map(\.name).filter { $0.hasPrefix(word) }
      // A path, not a command, when no command begins like this.
      return names.isEmpty
        ? [.listPaths(prefix: prompt.text, .pictures)] : offer(names, replacing: word)
    }
    let name = String(prompt.text[..<space].dropFirst())
    let argument = String(prompt.text[space...].dropFirst())
    switch SlashCommands.named(name)?.argument.candidates {
    case .paths(let filter): return [.listPaths(prefix: argument, filter)]
    case .models: return [.listModels(prefix: argument)]
    case .names(let names): return offer(names(self), replacing: argument)
    case nil, SlashCommand.Candidates.none?: return []
    }
  }

  /// Takes the only candidate at once; of several, takes what they share and lists them.
  mutating func offer(_ candidates: [String], replacing prefix: String) -> [AppEffect] {
    guard prompt.text.hasSuffix(prefix) else { return [] }
    let front = String(prompt.text.dropLast(prefix.count))
    let candidates = candidates.filter { $0.hasPrefix(prefix) }
    guard let first = candidates.first else {
      status = Status(text: "nothing to complete", kind: .plain)
      return []
    }
    let common = candidates.dropFirst().reduce(first) { $0.commonPrefix(with: $1) }
    prompt.set(front + common)
    if candidates.count > 1 {
      completion = Completion(front: front, candidates: candidates, selected: nil)
      status = Status(text: "\(candidates.count) choices; Tab goes through them", kind: .plain)
    } else if front == "/", let command = SlashCommands.named(first),
      !command.argument.placeholder.isEmpty
    {
      _ = edit { $0.insert(" ") }
    }
    return []
  }
}
