import Basics
import Foundation
import Glibc
import Inference
import Sessions

/// Chats with a person until they leave: on panels where the terminal can show them, and line by
/// line where it cannot.
///
/// - Returns: the exit status of the process: 0 when the user left; 64 when panels were insisted on
///   and are impossible; 64 to 74 where a piped chat ended at an error, as `ExitStatus` has them;
///   128 and the signal's number after a terminating signal.
public func runChat(engine: any EngineConnection, options: AppOptions) -> Int32 {
  var options = options
  let environment = ProcessInfo.processInfo.environment
  let answers = Mailbox<AppEvent>()
  let services = Services(
    engine: engine,
    history: HistoryFile(path: options.historyFile, isReadOnly: !options.keepsHistory),
    sessions: SessionKeeper(folder: options.sessionsFolder) { answers.post(.session($0)) },
    answers: answers)
  let signals = Signals()
  let chosen = Surface.chosen(
    options.surface, environment: environment, terminal: .ofThisProcess())
  switch chosen {
  case .panels(let look):
    let log = LogFile(folder: options.stateFolder)
    guard let terminal = Terminal(look, crashNotice: log.crashNotice) else {
      return refuse("The terminal '\(look.names.first ?? "")' could not be taken.")
    }
    let state = AppState(
      size: terminal.size, depth: terminal.depth,
      theme: options.theme ?? Theme.announced(by: environment), options: options,
      history: PromptHistory(entries: services.history.entries()),
      graphicsSupport: GraphicsSupport(environment: environment, process: getpid()))
    var screen = ScreenLoop(
      state: state, terminal: terminal, services: services, log: log, signals: signals,
      asksBackground: options.theme == nil && look.answersBackground)
    return screen.run()
  case .lines(let reason):
    if let reason {
      StandardStream.errors.notice("The chat goes line by line, because \(reason).")
    }
    options.isPlain = true
    var plain = PlainMode(options: options, services: services, signals: signals)
    return plain.run()
  case .impossible(let reason):
    return refuse("The panels cannot be shown, because \(reason).")
  }
}

private func refuse(_ sentence: String) -> Int32 {
  StandardStream.errors.notice("prefixkv: " + sentence)
  return ExitStatus.usage.rawValue
}
