import Basics
import Glibc

/// Prints what is new in the transcript since the last look.
struct PlainPrinter {
  private var answersDone = 0
  private var asides = PrintedAsides()
  /// UTF-8 bytes of the running answer that are out.
  private var printed = 0
  private var progress = SpokenProgress()
  private var lastSaid = ""
  private var hasPrompted = false
  /// Called before anything is printed: a line that is being typed must not be written into.
  var beforeOutput: () -> Void = {}
  /// Set when standard output takes no more.
  private(set) var exitStatus: ExitStatus?

  mutating func show(_ state: AppState) {
    showProgress(state)
    for message in asides.new(in: state.transcript) {
      breakAnswer()
      switch message.role {
      case .error: say("error: \(message.text)")
      case .user: say("question: \(message.text)")
      case .model: say("answer: \(message.text)")
      case .notice where message.isCompared: answerWith(DisplayText.visible(message.text) + "\n")
      case .notice: say(message.text)
      }
    }
    showAnswers(state)
  }

  /// Shows that a line is awaited, where somebody types it.
  mutating func promptForInput() {
    guard !hasPrompted, isatty(STDIN_FILENO) != 0, isatty(STDERR_FILENO) != 0 else { return }
    hasPrompted = true
    StandardStream.errors.attempt("> ")
  }

  /// The input has ended behind the prompt; what the shell says next begins on a line of its own.
  func endInput() { StandardStream.errors.attempt("\n") }

  private mutating func showAnswers(_ state: AppState) {
    let answers = state.transcript.filter { $0.role == .model && !$0.wasKept }
    if answers.count < answersDone { answersDone = answers.count }
    for answer in answers.dropFirst(answersDone) {
      let rest = answer.text.utf8Slice(printed..<answer.text.utf8.count)
      // A screen reader says what it gets: pieces of a word would be read out as words.
      let ready = answer.footnote == nil ? rest.wholeWords : rest
      if !ready.isEmpty {
        answerWith(DisplayText.visible(String(ready)))
        printed += ready.utf8.count
      }
      guard let footnote = answer.footnote else { continue }
      answerWith("\n")
      answersDone += 1
      printed = 0
      say(footnote)
      if let cache = state.cache {
        let kept = Format.bytes(cache.bytesKept, of: cache.bytesFull)
        say("cache: \(kept) kept at \(Format.percent(cache.budget)), \(cache.policy)")
      }
    }
  }

  private mutating func showProgress(_ state: AppState) {
    guard let line = progress.line(for: state.progress, at: .now), line != lastSaid else { return }
    say(line)
  }

  /// A sentence in the middle of an answer begins on a line of its own.
  private mutating func breakAnswer() {
    if printed > 0, isatty(STDOUT_FILENO) != 0 { answerWith("\n") }
  }

  private mutating func answerWith(_ text: String) {
    guard exitStatus == nil else { return }
    beforeOutput()
    do {
      try StandardStream.output.write(text)
    } catch {
      exitStatus = error.exitStatus
      if exitStatus != .closedPipe { say("prefixkv: \(error)") }
    }
  }

  private mutating func say(_ line: String) {
    hasPrompted = false
    lastSaid = line
    beforeOutput()
    StandardStream.errors.attempt(DisplayText.visible(line) + "\n")
  }
}
