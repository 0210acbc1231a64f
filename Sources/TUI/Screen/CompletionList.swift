import Basics
import Foundation

/// Lists what Tab offers above the prompt, the selected candidate reversed. The list of commands comes
/// by itself as soon as a slash is typed.
func drawCompletions(_ state: AppState, above prompt: Rect, into canvas: inout Canvas) {
  let rows = state.choices
  let height = min(8, rows.count, prompt.y - 2)
  guard height > 0 else { return }
  let selected = state.completion?.selected
  let first = max(0, min((selected ?? 0) - height / 2, rows.count - height))
  let shown = rows[first..<first + height]
  let width = min(prompt.width, (shown.map { DisplayText.width($0) }.max() ?? 0) + 2)
  for (row, text) in shown.enumerated() {
    let y = prompt.y - height + row
    let isSelected = selected == first + row
    let style = isSelected ? Style(.accent, [.bold, .reverse]) : Style(.accent, on: .track)
    canvas.fill(Rect(x: prompt.x, y: y, width: width, height: 1), style: style)
    canvas.put(DisplayText.clipped(text, to: width - 2), x: prompt.x + 1, y: y, style: style)
  }
}

extension AppState {
  /// The rows of the list above the prompt.
  fileprivate var choices: [String] {
    if let completion {
      guard completion.candidates.count > 1 else { return [] }
      guard completion.word.front != "/" else {
        return Self.rows(ofCommands: completion.candidates)
      }
      let folder = Self.sharedFolder(of: completion.candidates)
      return completion.candidates.map { String($0.dropFirst(folder)) }
    }
    guard focus == .prompt, prompt.tail.isEmpty, prompt.head.first == "/" else { return [] }
    let typed = prompt.head.dropFirst()
    return Self.rows(ofCommands: SlashCommands.all.map(\.name).filter { $0.hasPrefix(typed) })
  }

  /// Commands with what they do, in two columns.
  private static func rows(ofCommands names: [String]) -> [String] {
    let commands = names.compactMap(SlashCommands.named)
    let width = commands.map(\.usage.count).max() ?? 0
    return commands.map { command in
      command.usage + String(repeating: " ", count: width + 2 - command.usage.count)
        + command.summary
    }
  }

  /// Characters up to the last slash that all candidates have in common: their folder need not be read
  /// in each of them.
  private static func sharedFolder(of candidates: [String]) -> Int {
    let common = candidates.dropFirst().reduce(candidates.first ?? "") { $0.commonPrefix(with: $1) }
    let slash = common.lastIndex(of: "/")
    return slash.map { common.distance(from: common.startIndex, to: $0) + 1 } ?? 0
  }
}
