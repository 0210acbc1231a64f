/// What a model's files say about its prompt template.
struct TemplateEvidence: Sendable {
  /// The chat template that the model's store keeps beside the files; it takes precedence over
  /// theirs.
  var outside: LocatedModel.Text?
  /// Chat templates in the order in which they count: where each was found, and its text.
  var chatTemplates: [(source: String, text: String)] = []
  /// `model_type` and the text model's, joined by "/".
  var architecture = ""
  /// The model's name, and what its files call it.
  var names: [String] = []
  /// The template to take when nothing says more, and the layout that it is usual in.
  var usual: (template: Template, layout: String)

  /// Chooses by chat templates, then by special tokens, then by name and architecture. A chat
  /// template is searched as text for marks; it is never run. Where the one that counts is not
  /// recognised, a later one is the best guess, and the choice says so.
  func choice(_ tokenizer: Tokenizer) -> TemplateChoice {
    var unrecognised: String?
    if let outside {
      if let template = told(by: outside.text, where: isToldByText) {
        return TemplateChoice(template, .chatTemplate(outside.source))
      }
      unrecognised = outside.source
    }
    for (source, text) in chatTemplates {
      if let template = told(by: text) {
        return TemplateChoice(template, .chatTemplate(source), unrecognised: unrecognised)
      }
      unrecognised = unrecognised ?? source
    }
    let (template, reason) = choiceByModel(tokenizer)
    return TemplateChoice(template, reason, unrecognised: unrecognised)
  }

  /// The template whose marks a chat template holds. If several have the same texts, the model's
  /// name or architecture decides.
  private func told(
    by chatTemplate: String, where isPossible: (Template) -> Bool = { _ in true }
  ) -> Template? {
    let found = Self.templates(in: chatTemplate, where: isPossible)
    return choiceByName(found)?.template ?? found.first
  }

  /// The templates whose marks a chat template holds, those with most text in common.
  ///
  /// - Parameter isPossible: rules a template out, whatever its marks.
  static func templates(
    in chatTemplate: String, where isPossible: (Template) -> Bool = { _ in true }
  ) -> [Template] {
    let text = chatTemplate.replacing("\\n", with: "\n").replacing("\\'", with: "'")
    var best: (templates: [Template], length: Int) = ([], 0)
    for template in Templates.all where isPossible(template) {
      for fragments in template.signs.fragments where fragments.allSatisfy({ text.contains($0) }) {
        let length = fragments.reduce(0) { $0 + $1.utf8.count }
        if length > best.length { best = ([template], length) }
        if length == best.length, best.templates.last != template {
          best.templates.append(template)
        }
      }
    }
    return best.templates
  }

  /// Whether a store's chat template can tell this template from others. It does not say where the
  /// picture stands, so a template that puts the picture first is taken only when the model's name
  /// asks for it, too.
  private func isToldByText(_ template: Template) -> Bool {
    !template.imageLeads || byName([template]) != nil
  }

  private func choiceByModel(_ tokenizer: Tokenizer) -> (Template, TemplateChoice.Reason) {
    func isMark(_ text: String) -> Bool { tokenizer.added[text] != nil }
    let marked = Templates.all.filter {
      !$0.signs.tokens.isEmpty && $0.signs.tokens.allSatisfy(isMark)
    }
    let candidates = marked.isEmpty ? Templates.all.filter { $0.signs.tokens.isEmpty } : marked
    if let choice = choiceByName(candidates) { return choice }
    if let template = marked.first { return (template, .specialTokens(template.signs.tokens)) }
    return (usual.template, .layout(usual.layout))
  }

  private func choiceByName(
    _ candidates: [Template]
  ) -> (template: Template, TemplateChoice.Reason)? {
    if let (template, part) = byName(candidates) { return (template, .modelName(part)) }
    return candidates.first { $0.signs.architectures.contains(architecture) }
      .map { ($0, .architecture(architecture)) }
  }

  /// The template with the longest part of a name.
  private func byName(_ candidates: [Template]) -> (Template, part: String)? {
    let names = names.map { $0.lowercased() }
    let parts = candidates.flatMap { template in template.signs.names.map { (template, part: $0) } }
    return parts.filter { _, part in names.contains { $0.contains(part) } }
      .max { $0.part.utf8.count < $1.part.utf8.count }
  }
}
