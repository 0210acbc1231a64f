import ArgumentParser
import Foundation
import Inference
import KVCache

struct AskCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ask",
    abstract: "Answer one question about a picture and stream the answer to stdout.",
    discussion: "Without a question on the command line, questions are read from stdin, one a line."
  )

  @Argument(help: "The question. Without it, each line of stdin is one.")
  var question: String?

  @Option(name: .long, help: "A JPEG, PNG or WebP file.")
  var image: String?

  @OptionGroup var model: ModelOptions
  @OptionGroup var retention: RetentionArguments

  @Option(name: .long, help: "Longest answer, in tokens.")
  var maxTokens: Int = 1024

  @Option(name: .long, help: "0 takes the likeliest token; larger values vary more.")
  var temperature: Double = 0

  @Option(name: .long, help: "Sample from the likeliest tokens that make up this share, in (0, 1].")
  var topP: Double = 1

  @Option(name: .long, help: "The same seed gives the same answer.")
  var seed: UInt64 = 0

  @Flag(name: .long, help: "Print one JSON object a question instead of the text.")
  var json = false

  func validate() throws {
    guard maxTokens > 0 else { throw ValidationError("--max-tokens \(maxTokens) is not above 0.") }
    guard temperature >= 0, temperature.isFinite else {
      throw ValidationError("--temperature \(temperature) is below 0. 0 is greedy; 0.7 is lively.")
    }
    guard topP > 0, topP <= 1 else {
      throw ValidationError("--top-p \(topP) is outside (0, 1]. 1 allows every token.")
    }
  }

  func run() throws {
    try exitingWithStatus {
      // The picture is read first: a wrong path should not cost the loading of a model.
      let pixels = try image.map { try ImageFile.load(path: $0, applyOrientation: true) }
      let llava = try model.load()
      let sampling = SamplingOptions(
        temperature: temperature, topP: topP, seed: seed, maximumTokens: maxTokens)
      let chat = try ChatSession(model: llava, options: retention.chatOptions(sampling: sampling))
      if let pixels {
        try chat.begin(image: llava.embed(pixels, route: chat.options.imageRoute))
      }
      if let question {
        try answer(question, chat)
      } else {
        while let line = readLine() {
          let question = line.trimmingCharacters(in: .whitespaces)
          if question.isEmpty { continue }
          try chat.clear()
          try answer(question, chat)
        }
      }
    }
  }

  private func answer(_ question: String, _ chat: ChatSession) throws {
    let printer = AnswerPrinter(streams: !json)
    let statistics = try chat.ask(question, observer: printer)
    if json {
      print(
        try AnswerRecord(answer: printer.text, statistics: statistics, chat: chat).jsonLine())
    } else {
      print()
    }
  }
}

/// Streams an answer to stdout, or collects it.
private final class AnswerPrinter: AnswerObserver {
  private let streams: Bool
  private(set) var text = ""
  let isCancelled = false

  init(streams: Bool) { self.streams = streams }

  func betweenTokens() {}

  func receive(_ event: EngineEvent) {
    guard case .token(let piece, _) = event else { return }
    text += piece
    if streams { FileHandle.standardOutput.write(Data(piece.utf8)) }
  }
}

/// What `ask --json` prints.
private struct AnswerRecord: Encodable {
  struct Layer: Encodable {
    let retained: Int
    let seen: Int
  }

  let answer: String
  let model: String
  let policy: String
  let budget: Double
  let promptTokens: Int
  let imageTokens: Int
  let generatedTokens: Int
  let layers: [Layer]
  let kvBytes: Int
  let kvBytesFull: Int
  let ttftSeconds: Double
  let decodeTokensPerSecond: Double

  init(answer: String, statistics: AnswerStatistics, chat: ChatSession) {
    let snapshot = chat.snapshot
    self.answer = answer
    model = chat.model.checkpoint.name
    policy = snapshot.policy
    budget = snapshot.budget
    promptTokens = statistics.promptTokens
    imageTokens = statistics.imageTokens
    generatedTokens = statistics.generatedTokens
    layers = snapshot.layers.map { Layer(retained: $0.retained, seen: $0.seen) }
    kvBytes = snapshot.bytesKept
    kvBytesFull = snapshot.bytesFull
    ttftSeconds = statistics.timeToFirstToken / .seconds(1)
    decodeTokensPerSecond = statistics.decodeTokensPerSecond
  }

  func jsonLine() throws -> String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }
}
