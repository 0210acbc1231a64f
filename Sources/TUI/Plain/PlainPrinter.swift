import Basics
import Glibc

/// Prints what is new in the transcript since the last look.
struct PlainPrinter {
  private var answersDone = 0
  private var asidesDone = 0
  /// UTF-8 bytes of the running answer that are out.
  private var printed = 0
  private var lastProgress = ""
  private var hasPrompted = false
  /// Nobody reads standard output any more.
  private(set) var isBroken = false

  mutating func show(_ state: AppState) {
    showProgress(state)
    let asides = state.transcript.filter { $0.role == .notice || $0.role == .error }
    if asides.count < asidesDone { asidesDone = 0 }
    for message in asides.dropFirst(asidesDone) {
      breakAnswer()
      say(message.role == .error ? "error: \(message.text)" : message.text)
    }
    asidesDone = asides.count
    showAnswers(state)
  }

  mutating func promptForInput() {
    guard !hasPrompted, isatty(STDIN_FILENO) != 0, isatty(STDERR_FILENO) != 0 else { return }
    hasPrompted = true
    write(STDERR_FILENO, "> ")
  }

  private mutating func showAnswers(_ state: AppState) {
    let answers = state.transcript.filter { $0.role == .model }
    if answers.count < answersDone { answersDone = answers.count }
    for answer in answers.dropFirst(answersDone) {
      let size = answer.text.utf8.count
      if size > printed {
        let new = String(answer.text.utf8Slice(printed..<size))
        isBroken = !write(STDOUT_FILENO, DisplayText.visible(new)) || isBroken
        printed = size
      }
      guard let footnote = answer.footnote else { continue }
      isBroken = !write(STDOUT_FILENO, "\n") || isBroken
      answersDone += 1
      printed = 0
      say(footnote)
      if let cache = state.cache {
        let kept = "\(Format.bytes(cache.bytesKept)) of \(Format.bytes(cache.bytesFull))"
        say("cache: \(kept) kept at \(Format.percent(cache.budget)), \(cache.policy)")
      }
    }
  }

  private mutating func showProgress(_ state: AppState) {
    let now = state.progress?.label ?? ""
    if !now.isEmpty, now != lastProgress { say(now) }
    lastProgress = now
  }

  /// A sentence in the middle of an answer begins on a line of its own.
  private func breakAnswer() {
    if printed > 0, isatty(STDOUT_FILENO) != 0 { write(STDOUT_FILENO, "\n") }
  }

  private mutating func say(_ line: String) {
    hasPrompted = false
    write(STDERR_FILENO, DisplayText.visible(line) + "\n")
  }

  /// Returns false when the other end is closed.
  @discardableResult
  private func write(_ descriptor: Int32, _ text: String) -> Bool {
    var text = text
    return text.withUTF8 { bytes in
      var offset = 0
      while offset < bytes.count {
        let count = Glibc.write(descriptor, bytes.baseAddress! + offset, bytes.count - offset)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return false }
        offset += count
      }
      return true
    }
  }
}
