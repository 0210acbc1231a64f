import Basics
import Foundation

/// Lists the candidates of Tab above the prompt, the selected one reversed.
func drawCompletions(_ state: AppState, above prompt: Rect, into canvas: inout Canvas) {
  guard let completion = state.completion, completion.candidates.count > 1 else { return }
  let height = min(8, completion.candidates.count, prompt.y - 2)
  guard height > 0 else { return }
  let selected = completion.selected ?? 0
  let first = max(0, min(selected - height / 2, completion.candidates.count - height))
  let folder = sharedFolder(of: completion.candidates)
  let shown = completion.candidates[first..<first + height].map { String($0.dropFirst(folder)) }
  let width = min(prompt.width, (shown.map { DisplayText.width($0) }.max() ?? 0) + 2)
  for (row, candidate) in shown.enumerated() {
    let y = prompt.y - height + row
    let isSelected = completion.selected == first + row
    let style = isSelected ? Style(.accent, [.bold, .reverse]) : Style(.accent, on: .track)
    canvas.fill(Rect(x: prompt.x, y: y, width: width, height: 1), style: style)
    canvas.put(
      DisplayText.clipped(candidate, to: width - 2), x: prompt.x + 1, y: y, style: style)
  }
}

/// Characters up to the last slash that all candidates have in common: their folder need not be read
/// in each of them.
private func sharedFolder(of candidates: [String]) -> Int {
  let common = candidates.dropFirst().reduce(candidates.first ?? "") { $0.commonPrefix(with: $1) }
  return common.lastIndex(of: "/").map { common.distance(from: common.startIndex, to: $0) + 1 } ?? 0
}
