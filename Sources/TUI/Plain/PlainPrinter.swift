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
  /// Called before anything is printed: a line that is being typed must not be written into.
  var beforeOutput: () -> Void = {}
  /// Set when standard output takes no more.
  private(set) var exitStatus: ExitStatus?

  mutating func show(_ state: AppState) {
    showProgress(state)
    let asides = state.transcript.filter(Self.isAside)
    if asides.count < asidesDone { asidesDone = 0 }
    for message in asides.dropFirst(asidesDone) {
      breakAnswer()
      switch message.role {
      case .error: say("error: \(message.text)")
      case .user: say("> \(message.text)")
      case .notice, .model: say(message.text)
      }
    }
    asidesDone = asides.count
    showAnswers(state)
  }

  /// A conversation that goes on is read out, but is nothing that was asked for.
  private static func isAside(_ message: Message) -> Bool {
    message.wasKept || message.role == .notice || message.role == .error
  }

  /// Shows that a line is awaited, where somebody types it.
  mutating func promptForInput() {
    guard !hasPrompted, isatty(STDIN_FILENO) != 0, isatty(STDERR_FILENO) != 0 else { return }
    hasPrompted = true
    StandardStream.errors.attempt("> ")
  }

  private mutating func showAnswers(_ state: AppState) {
    let answers = state.transcript.filter { $0.role == .model && !$0.wasKept }
    if answers.count < answersDone { answersDone = answers.count }
    for answer in answers.dropFirst(answersDone) {
      let size = answer.text.utf8.count
      if size > printed {
        answerWith(DisplayText.visible(String(answer.text.utf8Slice(printed..<size))))
        printed = size
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
    let now = state.progress?.label ?? ""
    if !now.isEmpty, now != lastProgress { say(now) }
    lastProgress = now
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
    beforeOutput()
    StandardStream.errors.attempt(DisplayText.visible(line) + "\n")
  }
}
