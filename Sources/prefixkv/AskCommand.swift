import ArgumentParser
import Basics
import Foundation
import Inference
import KVCache

struct AskCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ask",
    abstract: "Answer one question about a picture and stream the answer to stdout.",
    discussion: """
      Without a question on the command line, questions are read from stdin, one a line; each is \
      answered for itself and in one line, in which a sign stands for each line break. --image - \
      reads the picture from stdin.
      """
  )

  @Argument(help: "The question. Without it, each line of stdin is one.")
  var question: String?

  @OptionGroup var picture: PictureOptions
  @OptionGroup var model: ModelOptions
  @OptionGroup var retention: RetentionArguments
  @OptionGroup var template: TemplateOptions
  @OptionGroup var detail: TileOptions

  @OptionGroup var sampling: SamplingArguments

  @Flag(name: .long, help: "Print one JSON object a question instead of the text.")
  var json = false

  @Option(
    name: .long,
    help: """
      Answer at each of these budgets instead, from one prefill, and say how far each answer is from \
      the full cache: 100%,50%,20%. Policies may be named, too: "prefixkv snapkv at 20%".
      """)
  var compare: String?

  @OptionGroup var pace: PaceOptions
  @OptionGroup var ahead: LookAheadOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    _ = try compare.map(retention.columns)
    if let question, question.allSatisfy(\.isWhitespace) {
      throw ValidationError("The question is empty. Write one, or leave it out to read from stdin.")
    }
    if question == nil, picture.path == ImageFile.standardInput {
      throw ValidationError(
        "Standard input holds the picture, so the question must be on the command line.")
    }
  }

  func run() throws {
    // What else is named comes first: a wrong path should not cost the loading of a model.
    let output = try output.open()
    let policies = [retention.policy] + (try compare.map(retention.columns) ?? []).map(\.policy)
    try InputFiles.protect(
      policies.flatMap(RetentionPolicies.files), of: "the configuration", from: self.output.paths)
    let asked = try question.map { try AskedQuestion($0, hasPicture: picture.path != nil) }
    let pixels = try loadPicture(asked?.picture ?? picture.path)
    let llava = try model.load(writing: self.output.paths)
    var options = try chatOptions()
    options.pictureTokens = try detail.pictureTokens(for: llava)
    let chat = try ChatSession(model: llava, options: options)
    chat.templateChoice.warning.map(Notice.say)
    if let pixels { try chat.begin(pixels: pixels) }
    if let asked {
      if pixels == nil { Self.tellOfNoPicture(llava) }
      try answer(asked, chat, to: output)
    } else {
      try answerLines(chat, pixels, to: output)
    }
    try output.finish()
  }

  private func chatOptions() throws -> ChatOptions {
    var options = try retention.chatOptions(
      template: template, tiles: detail.tiles, sampling: sampling.options)
    options.pace = pace.pace
    options.lookAhead = ahead.lookAhead
    guard let compare else { return options }
    // Every column starts from the full cache, and from what its policy needs.
    options.policy = try RetentionPolicies.named("full")
    options.budget = .share(1)
    options.recording = try retention.columns(compare).reduce(into: RetentionNeed.cheap) {
      $0.formUnion(try RetentionPolicies.named($1.policy).needs)
    }
    return options
  }

  private func loadPicture(_ path: String?) throws -> Pixels? {
    guard let path else { return nil }
    if path == ImageFile.standardInput {
      return try ImageFile.load(standardInput: STDIN_FILENO, reading: .asSeen)
    }
    let pixels = try ImageFile.load(path: path, reading: .asSeen)
    try InputFiles.protect([ImagePath.resolve(path)], of: "the picture", from: output.paths)
    return pixels
  }

  /// Answers each line of stdin in a conversation of its own, about the picture that it names or the
  /// given one.
  private func answerLines(
    _ chat: ChatSession, _ pixels: Pixels?, to output: TextOutput
  ) throws {
    var input = StandardInput()
    var count = 0
    var hasTold = false
    while let line = try input.line() {
      let question = line.trimmingCharacters(in: .whitespaces)
      if question.isEmpty { continue }
      let asked = try AskedQuestion(question, hasPicture: pixels != nil)
      if let own = try loadPicture(asked.picture) {
        try chat.begin(pixels: own)
      } else if pixels != nil {
        try chat.clear()  // what was encoded stays
      } else {
        if !hasTold { Self.tellOfNoPicture(chat.model) }
        hasTold = true
        try chat.begin(image: nil)
      }
      try answer(asked, chat, to: output)
      count += 1
    }
    if count == 0 { throw NoQuestion() }
  }

  /// An answer about a picture that nobody gave reads like any other.
  private static func tellOfNoPicture(_ model: LlavaModel) {
    guard model.configuration.sight != nil else { return }
    Notice.say("No picture is given, so the answer is about none. --image FILE gives one.")
  }

  private func answer(_ asked: AskedQuestion, _ chat: ChatSession, to output: TextOutput) throws {
    if let compare {
      let answers = try chat.ask(
        asked.text, comparing: try retention.columns(compare), observer: AnswerPrinter(output: nil))
      let record = ComparisonRecord(
        question: asked.text, image: asked.picture ?? picture.path, answers: answers, chat: chat)
      try output.line(json ? JSONStyle.line(record) : record.text)
      return
    }
    // Of several answers each is one line, so that the lines of output are those of input.
    let printer = AnswerPrinter(output: json ? nil : output, isOneLine: question == nil)
    let statistics: AnswerStatistics
    do {
      statistics = try chat.ask(asked.text, observer: printer)
    } catch {
      // On a terminal the error would stand behind the words that have come so far.
      if !json, !printer.text.isEmpty, printer.failure == nil { try? output.line() }
      throw error
    }
    if let failure = printer.failure { throw failure }
    if json {
      let record = AnswerRecord(
        question: asked.text, image: asked.picture ?? picture.path, answer: printer.text,
        statistics: statistics, chat: chat)
      try output.line(JSONStyle.line(record))
    } else {
      try output.line()
    }
  }
}

/// There is nothing to answer.
struct NoQuestion: Error, CustomStringConvertible {
  let description =
    "Standard input holds no question. Write one a line, or give one on the command line."
}

/// Streams an answer, or collects it.
private final class AnswerPrinter: AnswerObserver {
  private let output: TextOutput?
  private let isOneLine: Bool
  private(set) var text = ""
  /// Why the answer could not be written. It stops the answer: nobody will read the rest.
  private(set) var failure: FileError?
  private let line = ProgressLine()
  private var tiles = 1

  var isCancelled: Bool { failure != nil }

  /// - Parameters:
  ///   - output: nil collects the answer only.
  ///   - isOneLine: whether line breaks are shown as signs.
  init(output: TextOutput?, isOneLine: Bool = false) {
    self.output = output
    self.isOneLine = isOneLine
  }

  func betweenTokens() {}

  func receive(_ event: EngineEvent) {
    switch event {
    case .pictureLaidOut(let layout): tiles = layout.tileCount
    case .progress(.vision, let done, let total) where tiles > 1:
      line.show("looking at tile \(min(tiles, done * tiles / max(1, total) + 1)) of \(tiles)")
    case .notice(let sentence):
      line.end()
      Notice.say(sentence)
    case .token(let piece, _) where failure == nil: show(piece)
    case .reconfigured(let report): report.note.map(Notice.say)
    default: break
    }
  }

  private func show(_ piece: String) {
    line.end()
    text += piece
    let shown = isOneLine ? DisplayText.oneLine(piece) : DisplayText.visible(piece)
    do { try output?.write(shown) } catch { failure = error }
  }
}
