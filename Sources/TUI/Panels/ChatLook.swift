/// How the messages of each role look.
struct ChatLook {
  var marker: String
  var markerStyle: Style
  var style = Style()
  /// Lines below the text.
  var notes: [String] = []

  init(_ message: Message) {
    switch message.role {
    case .user:
      marker = "❯"
      markerStyle = Style(.accent, .bold)
      style = Style(.heading, .bold)
      if message.isQueued { notes = ["waiting"] }
    case .model:
      marker = message.isFormer ? "○" : "●"
      markerStyle = Style(.image)
      if message.isFormer { style = Style(.dim) }
      notes = [message.note].compactMap(\.self)
    case .notice:
      marker = "·"
      markerStyle = Style(.dim)
      style = Style(.dim)
    case .error:
      marker = "!"
      markerStyle = Style(.error, .bold)
      style = Style(.error)
    }
  }

  /// What the engine is doing as long as no answer streams; nil when it is idle.
  static func waiting(_ state: AppState) -> String? {
    if let progress = state.progress { return progress.label }
    if state.isAnswering, state.runningAnswer == nil { return "thinking" }
    if state.loads.models > 0 { return "loading the model" }
    if state.loads.pictures > 0 { return "opening the picture" }
    return state.loads.isEncoding ? "looking at the picture" : nil
  }
}
