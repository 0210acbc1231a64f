import Basics
import Inference

/// What the keys of the prompt do to its text.
extension AppState {
  mutating func edit(_ change: (inout LineEditor) -> Void) -> [AppEffect] {
    change(&prompt)
    offeredPicture = nil
    guard prompt.isOverfull else { return [] }
    return refuse("A prompt has at most \(Format.bytes(LineEditor.longest)) of text.")
  }

  /// The row above; from the first row, the question before.
  mutating func older() -> [AppEffect] {
    if prompt.moveRow(by: -1, width: promptWidth) { return [] }
    if let entry = history.older(than: prompt.text) { prompt.set(entry) }
    return []
  }

  /// The row below; from the last row, the question after.
  mutating func newer() -> [AppEffect] {
    if prompt.moveRow(by: 1, width: promptWidth) { return [] }
    if let entry = history.newer() { prompt.set(entry) }
    return []
  }

  private var promptWidth: Int {
    PromptRows.textWidth(Layout(self).body(of: .prompt)?.width ?? 80)
  }

  /// Puts pasted text into the prompt, wherever the focus was. A text that may be the path of a
  /// picture is offered as one.
  mutating func paste(_ text: String) -> [AppEffect] {
    let text = text.replacing("\r\n", with: "\n").replacing("\r", with: "\n")
    completion = nil
    focus = .prompt
    helpScroll = nil
    forgetOldError()
    let wasEmpty = prompt.isEmpty
    _ = edit { $0.insert(text) }
    guard wasEmpty, PictureMention.isAlone(in: text) else { return [] }
    return [.readPictures(.offer(text))]
  }
}
