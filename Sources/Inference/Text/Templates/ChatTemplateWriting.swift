extension Template {
  /// The template as a chat template that other engines run (Jinja), by which it is recognised
  /// again.
  var chatTemplate: String {
    "{{ \(system) }}{% for message in messages %}{% if message['role'] == 'user' %}"
      + "{{ \(jinja(questionStart)) + message['content'] + \(jinja(questionEnd)) }}{% else %}"
      + "{{ \(jinja(answerStart)) + \(quoted(answerSeparator)) + message['content'] + "
      + "\(jinja(between)) }}{% endif %}"
      + "{% endfor %}{% if add_generation_prompt %}{{ \(jinja(answerStart)) }}{% endif %}"
  }

  private var system: String {
    guard let systemSentence else { return "''" }
    return [jinja(systemStart), quoted(systemSentence), jinja(systemEnd)]
      .filter { $0 != "''" }.joined(separator: " + ")
  }

  private func jinja(_ text: TemplateText) -> String {
    guard !text.isEmpty else { return "''" }
    return text.parts.map { part in
      switch part {
      case .text(let text): quoted(text)
      case .begin: "bos_token"
      case .end: "eos_token"
      }
    }.joined(separator: " + ")
  }

  private func quoted(_ text: String) -> String {
    let escaped = text.replacing("\\", with: "\\\\").replacing("'", with: "\\'")
      .replacing("\n", with: "\\n")
    return "'\(escaped)'"
  }
}
