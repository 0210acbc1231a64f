/// Candidates of Tab, and the one that stands in the prompt.
struct Completion: Sendable, Equatable {
  /// What a candidate replaces.
  var word: CompletionWord
  /// The prompt's text behind every candidate.
  var tail: String
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
  /// Where the candidates for a word come from.
  private enum CandidateSource {
    case commands, models, nothing
    case names([String])
    case paths(PathFilter)
  }

  /// Completes the word in front of the cursor: a command, its argument, or a path in a question.
  ///
  /// - Returns: nil when there is nothing to complete, so that Tab means the next panel.
  mutating func complete(by step: Int) -> [AppEffect]? {
    if let next = completion?.moved(by: step) {
      completion = next
      fill(next.word, next.candidates[next.selected ?? 0], isFinished: true, tail: next.tail)
      return []
    }
    guard let (word, source) = wordToComplete else { return nil }
    switch source {
    case .commands: return offer(SlashCommands.all.map(\.name), for: word)
    case .names(let names): return offer(names, for: word)
    case .paths(let filter): return [.listPaths(prefix: word.text, filter)]
    case .models: return [.listModels(prefix: word.text)]
    case .nothing: return []
    }
  }

  private var wordToComplete: (word: CompletionWord, source: CandidateSource)? {
    let head = prompt.head
    if let space = head.firstIndex(of: " "), head.first == "/",
      let command = SlashCommands.named(String(head[..<space].dropFirst()))
    {
      return argument(of: command, head, from: head.index(after: space))
    }
    let isOneWord = head.first == "/" && !head.contains { $0.isWhitespace }
    if isOneWord, SlashCommands.all.contains(where: { $0.name.hasPrefix(head.dropFirst()) }) {
      let name = String(head.dropFirst())
      return (CompletionWord(front: "/", text: name, quoting: .verbatim), .commands)
    }
    return CompletionWord.path(atEndOf: head).map { ($0, .paths(.pictures)) }
  }

  private func argument(
    of command: SlashCommand, _ head: Substring, from start: Substring.Index
  ) -> (CompletionWord, CandidateSource) {
    let argument = head[start...]
    let whole = CompletionWord(
      front: String(head[..<start]), text: String(argument), quoting: .verbatim)
    switch command.argument.candidates {
    case .none: return (whole, .nothing)
    case .models: return (whole, .models)
    case .names(let names): return (whole, .names(names(self)))
    case .paths(let filter):
      // Without quotes, escapes or an address the argument is one path, blanks included.
      guard CompletionWord.isSpelled(argument),
        let word = CompletionWord.path(atEndOf: head, mayBeBare: true)
      else { return (whole, .paths(filter)) }
      return (word, .paths(filter))
    }
  }

  /// What the file system has for a path. The prompt may have changed since it was asked.
  mutating func offer(_ paths: [String], replacing prefix: String) -> [AppEffect] {
    guard let (word, _) = wordToComplete, word.text == prefix else { return [] }
    return offer(paths, for: word)
  }

  /// Takes the only candidate at once; of several, takes what they share and lists them.
  private mutating func offer(_ candidates: [String], for word: CompletionWord) -> [AppEffect] {
    let candidates = candidates.filter { $0.hasPrefix(word.text) }
    guard let first = candidates.first else {
      status = Status(text: "nothing to complete", kind: .plain)
      return []
    }
    let common = candidates.dropFirst().reduce(first) { $0.commonPrefix(with: $1) }
    let tail = String(prompt.tail)
    fill(word, common, isFinished: candidates.count == 1, tail: tail)
    if candidates.count > 1 {
      completion = Completion(word: word, tail: tail, candidates: candidates, selected: nil)
      status = Status(text: "\(candidates.count) choices; Tab goes through them", kind: .plain)
      return []
    }
    status = idleStatus
    if word.front == "/", let command = SlashCommands.named(first),
      !command.argument.placeholder.isEmpty
    {
      _ = edit { $0.insert(" ") }
    }
    return []
  }

  private mutating func fill(
    _ word: CompletionWord, _ candidate: String, isFinished: Bool, tail: String
  ) {
    prompt.set(head: word.front + word.written(candidate, isFinished: isFinished), tail: tail)
  }
}
