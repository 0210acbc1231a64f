import Foundation
import Inference

/// What happens in the prompt: editing, sending, completing, pasting.
extension AppState {
  mutating func edit(_ change: (inout LineEditor) -> Void) -> [AppEffect] {
    change(&prompt)
    if offeredPicture != nil { offeredPicture = nil }
    return []
  }

  mutating func older() -> [AppEffect] {
    if prompt.moveRow(by: -1, width: promptWidth) { return [] }
    if let entry = history.older(than: prompt.text) { prompt.set(entry) }
    return []
  }

  mutating func newer() -> [AppEffect] {
    if prompt.moveRow(by: 1, width: promptWidth) { return [] }
    if let entry = history.newer() { prompt.set(entry) }
    return []
  }

  private var promptWidth: Int {
    PromptRows.textWidth(Layout(self).body(of: .prompt)?.width ?? 80)
  }

  // MARK: Sending

  mutating func submit() -> [AppEffect] {
    if let path = offeredPicture {
      prompt.set("")
      return loadPicture(path)
    }
    return submit(line: prompt.take())
  }

  /// One line of input, from the prompt or from standard input in plain mode.
  mutating func submit(line: String) -> [AppEffect] {
    let text = line.trimmingCharacters(in: .whitespacesAndNewlines)
    guard !text.isEmpty else { return [] }
    history.add(text)
    let remember = AppEffect.remember(text)
    if let (name, rest) = SlashCommands.split(text) {
      if let command = SlashCommands.named(name) { return [remember] + command.run(&self, rest) }
      return [remember, .resolve(.submitted(text))]
    }
    if PathText.looksLikePicture(text) { return [remember, .resolve(.submitted(text))] }
    return [remember] + ask(text)
  }

  mutating func ask(_ text: String) -> [AppEffect] {
    scroll = .following
    guard model != nil || pendingLoads > 0 else {
      return refuse("No model is loaded. /model PATH loads one.")
    }
    let mustWait = isAnswering || model == nil
    transcript.append(Message(role: .user, text: text, isQueued: mustWait))
    guard !mustWait else {
      queue.append(text)
      return []
    }
    return begin(.ask(text))
  }

  mutating func begin(_ command: EngineCommand) -> [AppEffect] {
    isAnswering = true
    status = Status(text: "answering; Ctrl+C stops", kind: .plain)
    return [.post(command)]
  }

  /// The next question that had to wait.
  mutating func askNext() -> [AppEffect] {
    guard !isAnswering, model != nil, !queue.isEmpty else { return [] }
    let text = queue.removeFirst()
    if let index = transcript.firstIndex(where: \.isQueued) { transcript[index].isQueued = false }
    return begin(.ask(text))
  }

  mutating func resolved(_ question: PathQuestion, _ path: String?) -> [AppEffect] {
    switch (question, path) {
    case (.image, let path?), (.submitted, let path?): return loadPicture(path)
    case (.image(let text), nil):
      return refuse("There is no file at '\(text)'. Tab completes paths; ~ and quotes work.")
    case (.submitted(let text), nil):
      guard let (name, rest) = SlashCommands.split(text) else { return ask(text) }
      // `/load cat.jpg` is a command that does not exist, `/tmp/cat.jpg` a file.
      if PathText.looksLikePicture(text), rest.isEmpty || name.contains("/") {
        return refuse("There is no file at '\(text)'.")
      }
      let known = SlashCommands.all.map { "/" + $0.name }.joined(separator: ", ")
      return refuse("There is no command '/\(name)' and no such file. Commands: \(known).")
    case (.offer(let text), let path?):
      guard prompt.text == text else { return [] }
      offeredPicture = path
      status = Status(text: "Enter loads this picture, Esc keeps it as text", kind: .good)
      return []
    case (.offer, nil): return []
    }
  }

  // MARK: Pasting

  mutating func paste(_ text: String) -> [AppEffect] {
    let text = text.replacing("\r\n", with: "\n").replacing("\r", with: "\n")
    completion = nil
    focus = .prompt
    helpScroll = nil
    let wasEmpty = prompt.isEmpty
    _ = edit { $0.insert(text) }
    guard wasEmpty, PathText.looksLikePicture(text) else { return [] }
    return [.resolve(.offer(text))]
  }

  // MARK: Completing

  /// nil: nothing to complete, Tab means the next panel.
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
      return names.isEmpty ? [.listPaths(prefix: prompt.text)] : offer(names, replacing: word)
    }
    let name = String(prompt.text[..<space].dropFirst())
    let argument = String(prompt.text[space...].dropFirst())
    switch SlashCommands.named(name)?.argument {
    case .path: return [.listPaths(prefix: argument)]
    case .policy: return offer(options.policies.map(\.name), replacing: argument)
    case .panel: return offer(Panels.all.map(\.id.name), replacing: argument)
    case .budget, nil, SlashCommand.Argument.none?: return []
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
    } else if front == "/", SlashCommands.named(first)?.argument != SlashCommand.Argument.none {
      _ = edit { $0.insert(" ") }
    }
    return []
  }
}

extension Completion {
  fileprivate func moved(by step: Int) -> Completion? {
    guard !candidates.isEmpty else { return nil }
    var next = self
    next.selected = selected.map { ($0 + step + candidates.count) % candidates.count } ?? 0
    return next
  }
}
