/// How a conversation is written for a model. Chat templates found in model files are programs and
/// are never run; this is a list of fixed texts instead.
///
/// ```
/// SYSTEM questionStart QUESTION questionEnd answerStart | ANSWER between questionStart ...
/// ```
/// The bar is where an open turn ends and the model continues.
public struct Template: Sendable, Equatable {
  /// What stands between an answer and the next question.
  public enum Mark: Sendable, Equatable {
    case text(String)
    case beginOfSequence
    case endOfSequence
  }

  public let name: String
  /// One line for people.
  public let summary: String
  /// With the separator that follows it.
  let system: String
  let questionStart: String
  let questionEnd: String
  let answerStart: String
  /// Put between `answerStart` and an answer given as text; a generated answer brings its own.
  let answerSeparator: String
  let between: [Mark]
  /// Whether prompt and image marker are tokenized as one text, as Hugging Face's processor does, and
  /// not piece by piece, as LLaVA does. A difference only for tokenizers that put no space behind
  /// special tokens.
  let isOneText: Bool
  /// An answer ends where this text appears, beside end of sequence.
  public let stopString: String?

  init(
    name: String, summary: String, system: String, questionStart: String, questionEnd: String,
    answerStart: String, answerSeparator: String = " ", between: [Mark] = [.endOfSequence],
    isOneText: Bool = false, stopString: String? = nil
  ) {
    self.name = name
    self.summary = summary
    self.system = system
    self.questionStart = questionStart
    self.questionEnd = questionEnd
    self.answerStart = answerStart
    self.answerSeparator = answerSeparator
    self.between = between
    self.isOneText = isOneText
    self.stopString = stopString
  }

  /// The template as the program that other engines run (Jinja), which `Templates.quoted` recognises;
  /// nil where it is more than system sentence, questions and answers.
  var chatTemplate: String? {
    guard !system.isEmpty, between == [.endOfSequence] else { return nil }
    func quote(_ text: String) -> String { "'" + text.replacing("'", with: "\\'") + "'" }
    return "{{ \(quote(system)) }}{% for message in messages %}{% if message['role'] == 'user' %}"
      + "{{ \(quote(questionStart)) + message['content'] + \(quote(questionEnd)) }}{% else %}"
      + "{{ \(quote(answerStart + answerSeparator)) + message['content'] + eos_token }}{% endif %}"
      + "{% endfor %}{% if add_generation_prompt %}{{ \(quote(answerStart)) }}{% endif %}"
  }
}

public enum TemplateError: Error, Equatable, CustomStringConvertible {
  case unknown(String, known: [String])

  public var description: String {
    switch self {
    case .unknown(let name, let known):
      "There is no prompt template '\(name)'. Known are \(known.joined(separator: ", "))."
    }
  }
}

/// The templates that can be chosen. A further one is one more entry.
///
/// Texts: `llava/conversation.py` of https://github.com/haotian-liu/LLaVA, and the processor of
/// https://huggingface.co/llava-hf/llava-1.5-7b-hf.
public enum Templates {
  public static let all = [
    Template(
      name: "llava_v1", summary: "LLaVA-1.5's own, with \"a curious human\"",
      system: "A chat between a curious human and an artificial intelligence assistant. The "
        + "assistant gives helpful, detailed, and polite answers to the human's questions. ",
      questionStart: "USER: ", questionEnd: " ", answerStart: "ASSISTANT:"),
    Template(
      name: "vicuna_v1", summary: "the same with \"a curious user\"",
      system: "A chat between a curious user and an artificial intelligence assistant. The "
        + "assistant gives helpful, detailed, and polite answers to the user's questions. ",
      questionStart: "USER: ", questionEnd: " ", answerStart: "ASSISTANT:"),
    Template(
      name: "hf", summary: "Hugging Face's LLaVA-1.5, without a system sentence",
      system: "", questionStart: "USER: ", questionEnd: " ", answerStart: "ASSISTANT:",
      isOneText: true),
    Template(
      name: "llava_v0", summary: "the first LLaVA, with \"###\" between turns",
      system: "A chat between a curious human and an artificial intelligence assistant. The "
        + "assistant gives helpful, detailed, and polite answers to the human's questions.###",
      questionStart: "Human: ", questionEnd: "###", answerStart: "Assistant:",
      between: [.text("###")], stopString: "###"),
    Template(
      name: "llava_llama_2", summary: "LLaVA on LLaMA-2-chat",
      system: "[INST] <<SYS>>\nYou are a helpful language and vision assistant. You are able to "
        + "understand the visual content that the user provides, and assist the user with a variety "
        + "of tasks using natural language.\n<</SYS>>\n\n",
      questionStart: "", questionEnd: " ", answerStart: "[/INST]",
      between: [.text(" "), .endOfSequence, .beginOfSequence, .text("[INST] ")]),
  ]

  /// LLaVA-1.5's own.
  static let llava = all[0]
  /// That of llava-hf/llava-1.5-7b-hf.
  static let huggingFace = all[2]

  public static func named(_ name: String) throws(TemplateError) -> Template {
    guard let template = all.first(where: { $0.name == name }) else {
      throw .unknown(name, known: all.map(\.name))
    }
    return template
  }

  /// The template whose system sentence a model's chat template quotes; nil when none does. The chat
  /// template is searched as text, not run.
  static func quoted(in chatTemplate: String) -> Template? {
    all.first { template in
      let sentence = template.system.split(separator: "###").first?.trimmingPrefix(
        "[INST] <<SYS>>\n")
      guard let sentence, let first = sentence.split(separator: ".").first else { return false }
      return chatTemplate.contains(first)
    }
  }
}
