import Foundation
import Inference
import KVCache

@testable import TUI

/// States made from events, as every test of the screen begins.
enum Scene {
  static let policies = [
    PolicyChoice(name: "full", summary: "keeps everything"),
    PolicyChoice(name: "prefixkv", summary: "one threshold for all layers"),
  ]

  static func options() -> AppOptions {
    AppOptions(
      budget: .share(0.3), policy: "prefixkv", policies: policies, stateFolder: "/nonexistent")
  }

  static func empty(_ columns: Int = 80, _ rows: Int = 24) -> AppState {
    AppState(size: Size(columns: columns, rows: rows), depth: .none, options: options())
  }

  /// A model of `layers` layers is loaded, nothing was asked.
  static func ready(_ columns: Int = 80, _ rows: Int = 24, layers: Int = 4) -> AppState {
    var state = empty(columns, rows)
    state.feed(.started, .engine(.modelLoaded(model(layers: layers))))
    return state
  }

  /// One question was answered, at a budget of 30 %.
  static func answered(_ columns: Int = 80, _ rows: Int = 24, layers: Int = 4) -> AppState {
    var state = ready(columns, rows, layers: layers)
    state.type("What is this?")
    state.feed(
      .key(.enter),
      .engine(.answerStarted(promptTokens: 640, timeToFirstToken: .milliseconds(424))),
      .engine(.cache(snapshot(layers: layers))))
    for word in ["A ", "small ", "harbour ", "at ", "dusk."] {
      state.feed(.engine(.token(text: word, tokensPerSecond: 12.5)))
    }
    state.feed(.engine(.answerFinished(statistics)))
    return state
  }

  /// - Parameter imageTokens: 0 for a text model.
  static func model(
    layers: Int = 4, imageTokens: Int = 576,
    template: TemplateChoice = TemplateChoice(Templates.all[0], .layout("LLaVA")),
    warning: String? = nil
  ) -> ModelSummary {
    ModelSummary(
      name: "tiny", path: "/models/tiny", weightType: "F16", layers: layers, parameters: 1000,
      weightBytes: 3 << 20, context: 2048, imageTokens: imageTokens, twinSlowdown: 0.12,
      template: template, warning: warning)
  }

  static let statistics = AnswerStatistics(
    promptTokens: 640, imageTokens: 576, generatedTokens: 5, timeToFirstToken: .milliseconds(424),
    decodeTokensPerSecond: 12.5, finish: .endOfSequence)

  /// Layer `i` retains `1 - i / layers` of 640 positions, a tenth of it text.
  static func snapshot(layers: Int = 4, budget: Double = 0.3) -> CacheSnapshot {
    let retention = (0..<layers).map { layer in
      let retained = 640 * (layers - layer) / layers
      return LayerRetention(
        system: 0, image: retained * 9 / 10, user: retained - retained * 9 / 10, assistant: 0,
        seen: 640)
    }
    return CacheSnapshot(
      layers: retention, budget: budget, policy: "prefixkv", threshold: 0.875, bytesKept: 3 << 19,
      bytesFull: 5 << 20, bytesSpilled: 7 << 19, bytesResident: 2 << 20)
  }

  /// `[height, width, 3]`, red at the left and blue at the right.
  static func pixels(_ width: Int, _ height: Int) -> Pixels {
    let row = (0..<width).flatMap { x -> [UInt8] in x < width / 2 ? [255, 0, 0] : [0, 0, 255] }
    return Pixels(
      width: width, height: height, rgb: Array(repeating: row, count: height).flatMap(\.self))
  }
}

extension AppState {
  @discardableResult
  mutating func feed(_ events: AppEvent...) -> [AppEffect] {
    events.flatMap { update(&self, $0) }
  }

  @discardableResult
  mutating func press(_ keys: Key...) -> [AppEffect] {
    keys.flatMap { update(&self, .key($0)) }
  }

  mutating func type(_ text: String) {
    for character in text { feed(.key(.character(character))) }
  }

  /// Types a line and sends it.
  @discardableResult
  mutating func send(_ line: String) -> [AppEffect] {
    type(line)
    return press(.enter)
  }

  /// The picture that was asked for has arrived and is encoded.
  mutating func show(picture path: String, _ pixels: Pixels = Scene.pixels(4, 4)) {
    feed(.engine(.imageLoaded(path: path, pixels)), .engine(.cleared))
  }

  /// Reversed blanks, one of which follows an answer that is being written.
  var cursorsOfAnswers: Int {
    draw(self, memo: DrawingMemo()).cells.count {
      $0 == Cell(glyph: " ", width: 1, style: Style(.text, .reverse))
    }
  }

  var screen: String { draw(self, memo: DrawingMemo()).text }
}
