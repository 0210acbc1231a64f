/// How a conversation is written for a model. Chat templates found in model files are programs and
/// are never run; this is a list of fixed texts instead.
///
/// ```
/// system questionStart QUESTION questionEnd answerStart | ANSWER between questionStart ...
/// ```
/// The bar is where an open turn ends and the model continues. A prompt begins with the tokenizer's
/// begin of sequence, if it has one, in front of all this.
public struct Template: Sendable, Equatable {
  /// The name that `--template` takes.
  public private(set) var name: String
  /// One line for help texts.
  public private(set) var summary: String
  /// A sentence that tells the model its role; nil where the template has no place for one. It is a
  /// person's text: special tokens in it stay text.
  public private(set) var systemSentence: String?
  /// Stands in front of the system sentence.
  let systemStart: TemplateText
  /// Stands after the system sentence.
  let systemEnd: TemplateText
  let questionStart: TemplateText
  let questionEnd: TemplateText
  let answerStart: TemplateText
  /// Stands between `answerStart` and an answer given as text; a generated answer brings its own.
  let answerSeparator: String
  /// Stands between an answer and the next question.
  let between: TemplateText
  /// Whether an image that comes first stands in front of `questionStart`.
  let imageLeads: Bool
  /// Whether the texts around the image marker are tokenized as one text, as by Hugging Face's
  /// processors, or each on its own, as by LLaVA. It makes a difference only for tokenizers that
  /// put no space after special tokens.
  private(set) var isOneText: Bool
  /// A text that ends an answer, as the end tokens do; nil where only tokens end it.
  public let stopString: String?
  /// The signs by which a model's files ask for this template.
  private(set) var signs: Signs

  struct Signs: Sendable, Equatable {
    /// A chat template (Jinja) that holds all texts of one of these sets asks for this template.
    /// Line breaks are real ones here, also where Jinja writes "\n".
    var fragments: [[String]] = []
    /// Special tokens that the template is written with; a vocabulary without them rules it out.
    var tokens: [String] = []
    /// `model_type` and the text model's, for example "llava_next/mistral".
    var architectures: [String] = []
    /// Parts of a model's name, in lower case.
    var names: [String] = []
  }

  init(
    _ name: String, _ summary: String, systemStart: String = "", system: String? = nil,
    systemEnd: String = "", question: String, questionEnd: String,
    answer: String, answerSeparator: String = " ", between: String = "</s>",
    imageLeads: Bool = false, isOneText: Bool = true,
    stopString: String? = nil, signs: Signs
  ) {
    self.name = name
    self.summary = summary
    self.systemStart = TemplateText(systemStart)
    systemSentence = system
    self.systemEnd = TemplateText(systemEnd)
    questionStart = TemplateText(question)
    self.questionEnd = TemplateText(questionEnd)
    answerStart = TemplateText(answer)
    self.answerSeparator = answerSeparator
    self.between = TemplateText(between)
    self.imageLeads = imageLeads
    self.isOneText = isOneText
    self.stopString = stopString
    self.signs = signs
  }

  /// The texts of another template, tokenized as Hugging Face's processors do.
  init(_ name: String, _ summary: String, textsOf other: Template, signs: Signs) {
    self = other
    self.name = name
    self.summary = summary
    isOneText = true
    self.signs = signs
  }
}

extension Template {
  /// The same template with another system sentence; nil keeps its own.
  ///
  /// - Throws: `TemplateError.noSystem` when it has no place for one.
  func with(system sentence: String?) throws(TemplateError) -> Template {
    guard let sentence else { return self }
    guard systemSentence != nil else { throw .noSystem(template: name) }
    var template = self
    template.systemSentence = sentence
    return template
  }
}

/// Why a template could not be chosen, or not be changed.
public enum TemplateError: Error, Equatable, CustomStringConvertible {
  /// No template has this name.
  case unknown(String, available: [String])
  /// The template has no place for a system sentence.
  case noSystem(template: String)

  /// The sentence for the user.
  public var description: String {
    switch self {
    case .unknown(let name, let available):
      "There is no prompt template '\(name)'. Available: \(available.joined(separator: ", "))."
    case .noSystem(let template):
      "The template \(template) has no place for a system sentence. Those that have one: "
        + Templates.all.filter { $0.systemSentence != nil }.map(\.name).joined(separator: ", ")
        + "."
    }
  }
}
