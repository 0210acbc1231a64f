extension SlashCommand {
  static let copy = SlashCommand(
    name: "copy",
    argument: Argument(placeholder: "WHAT", candidates: .names { _ in CopiedPart.allNames }),
    summary: "copy the answer, all, or its code",
    details:
      "/copy or /copy answer takes the last answer, /copy code its last block of code, /copy "
      + "all the whole conversation. It goes to wl-copy or xclip where they are, otherwise "
      + "through the terminal (OSC 52), which some terminals allow only after a setting."
  ) { state, name in
    guard let part = name.isEmpty ? .answer : CopiedPart(rawValue: name) else {
      let names = CopiedPart.allNames.joined(separator: ", ")
      return state.refuse("'\(name)' cannot be copied. Available: \(names).")
    }
    guard let text = state.text(of: part) else { return state.refuse(part.missing) }
    return [.copy(text)]
  }
}

/// What `/copy` copies.
enum CopiedPart: String, CaseIterable {
  case answer, all, code

  static let allNames = allCases.map(\.rawValue)

  fileprivate var missing: String {
    switch self {
    case .answer, .all: "There is no answer to copy yet."
    case .code: "There is no block of code in the last answer."
    }
  }
}

extension AppState {
  /// nil when there is nothing of the kind.
  func text(of part: CopiedPart) -> String? {
    guard let answer = transcript.last(where: { $0.role == .model && !$0.text.isEmpty }) else {
      return nil
    }
    switch part {
    case .answer: return answer.text
    case .all: return transcriptAsMarkdown
    case .code: return Self.lastCode(in: answer.text)
    }
  }

  /// What stands between the last two lines that begin with three backquotes.
  private static func lastCode(in text: String) -> String? {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    var fences = lines.indices.filter { lines[$0].hasPrefix("```") }
    // A block that is still open is not copied.
    if fences.count % 2 == 1 { fences.removeLast() }
    guard let end = fences.popLast(), let start = fences.last else { return nil }
    return lines[start + 1..<end].joined(separator: "\n")
  }
}
