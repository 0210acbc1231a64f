import Basics

extension SessionFormat {
  /// Questions and answers under headings. Control characters are shown and not written, since the file
  /// will be looked at in a terminal, too. The picture is named.
  public static let markdown = SessionFormat(ending: "md") { session, _ in
    var parts = ["# \(session.title ?? "Conversation")\n"]
    parts.append("Model: \(session.setting.modelFacts)\n")
    if let picture = session.setting.picture {
      parts.append("Picture: \(DisplayText.oneLine(picture))\n")
    }
    for message in session.messages {
      parts.append("## \(message.role == .question ? "You" : "Model")\n\n\(message.text)\n")
      if message.role == .answer, let remark = message.remark { parts.append("*\(remark)*\n") }
    }
    return DisplayText.visible(parts.joined(separator: "\n"))
  }
}
