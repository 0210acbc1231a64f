/// The template of a conversation, and how it was found.
public struct TemplateChoice: Sendable, Equatable {
  /// What a template was chosen by, the surest first.
  public enum Reason: Sendable, Equatable {
    /// The user named it.
    case named
    /// A chat template of the model holds this template's marks; the value is its file or GGUF key.
    case chatTemplate(String)
    /// The vocabulary has special tokens that this template is written with.
    case specialTokens([String])
    /// The `model_type` of the model and of its text model, joined by "/".
    case architecture(String)
    /// A part of the model's name.
    case modelName(String)
    /// Only the layout of the files, which has a usual template.
    case layout(String)
  }

  /// The template that is used.
  public let template: Template
  /// What it was chosen by.
  public let reason: Reason
  /// Where a chat template was found that counts more than what the choice was made by, and is not
  /// among those known here; nil when there is none.
  public let unrecognised: String?

  /// A choice as it was made; see the properties.
  public init(_ template: Template, _ reason: Reason, unrecognised: String? = nil) {
    self.template = template
    self.reason = reason
    self.unrecognised = unrecognised
  }

  /// Whether the user named the template, or the chat template that counts holds its marks; otherwise
  /// it is guessed.
  public var isCertain: Bool {
    switch reason {
    case .named: true
    case .chatTemplate: unrecognised == nil
    default: false
    }
  }

  /// How it was found, for people: "found in chat_template.json".
  public var explanation: String {
    guard let unrecognised else { return found }
    return "\(found); the one in \(unrecognised) is unknown; start with --template NAME for another"
  }

  /// A sentence when the files ask for a template that is not known here; nil otherwise.
  public var warning: String? {
    unrecognised.map {
      "The chat template in \($0) is unknown, so questions are written as in \(template.name), "
        + "\(found). Start with --template NAME for another."
    }
  }

  private var found: String {
    switch reason {
    case .named: "chosen by name"
    case .chatTemplate(let source): "found in \(source)"
    case .specialTokens(let tokens): "by the special tokens \(tokens.joined(separator: ", "))"
    case .architecture(let name): "by the architecture \(name)"
    case .modelName(let part): "by '\(part)' in the model's name"
    case .layout(let name): "the usual one of the layout \(name)"
    }
  }
}
