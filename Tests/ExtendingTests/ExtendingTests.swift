import Foundation
import TestSupport
import Testing

@testable import Inference
@testable import KVCache
@testable import TUI

/// docs/extending.md does what it says: this target is built from its very snippets.
@Suite struct ExtendingTests {
  private static let snippets = [
    "KeyNorm", "SegmentsPanel", "PositionsCommand", "AlpacaTemplate", "Aquila", "ChineseCLIP",
    "GPT4AllStore",
  ]

  @Test(arguments: snippets) func snippetStandsInTheDocument(_ name: String) throws {
    let tests = URL(filePath: #filePath).deletingLastPathComponent()
    let code = try String(
      contentsOf: tests.appending(path: "Snippets/\(name).swift"), encoding: .utf8)
    let document = try String(
      contentsOf: tests.appending(path: "../../docs/extending.md"), encoding: .utf8)
    // The document shows what stands in Sources, where the module needs no import of itself.
    let own = code.split(separator: "\n", omittingEmptySubsequences: false)
      .filter { !$0.hasPrefix("@testable import") }.joined(separator: "\n")
      .trimmingCharacters(in: .newlines)
    #expect(document.contains("```swift\n\(own)\n```"), "\(name).swift differs from the document")
  }

  @Test func policyKeepsTheShortestKeys() throws {
    // Two positions of two values: lengths 5 and 1.
    let scores = KeyNormPolicy.scores(keys: [3, 4, 0, 1], positions: 2)
    #expect(scores == [1 / 6, 1 / 2])

    let shape = try CacheShape(layers: 1, kvHeads: 1, headDim: 2, precision: .f32)
    let cache = KeyValueCache(shape: shape, spill: true)
    let controller = RetentionController(cache: cache, policy: KeyNormPolicy(), budget: .full)
    let keys: [Float] = [1, 0, 9, 0, 2, 0, 8, 0, 3, 0, 7, 0]
    try cache.reserve(6)
    cache.extend(count: 6, segment: .user)
    cache.append(layer: 0, keys: keys, values: keys, count: 6)
    _ = try controller.promptCompleted()
    _ = try controller.set(budget: Budget(0.5))
    // The first and the last position always stay; of the others the shortest key.
    #expect(cache.positions(0) == [0, 2, 5])
  }

  @Test(arguments: [(30, 2), (8, 1), (120, 12)])
  func panelDrawsAtAnySize(_ columns: Int, _ rows: Int) {
    var state = AppState(
      size: Size(columns: 80, rows: 24), depth: .none, options: AppOptions())
    state.cache = CacheSnapshot(
      layers: [LayerRetention(system: 1, image: 2, user: 3, assistant: 4, seen: 20)], budget: 0.5,
      policy: "full", threshold: nil, bytesKept: 10, bytesFull: 20, bytesSpilled: 10,
      bytesResident: 10)
    #expect(Panel.segments.text(state) == ["entries: picture 2, text 8"])
    var canvas = Canvas(Size(columns: columns, rows: rows))
    Panel.segments.draw(state, &canvas, DrawingMemo())
    #expect(canvas.text.contains("picture"))
  }

  @Test func commandAnswersInTheStatusLine() {
    var state = AppState(
      size: Size(columns: 80, rows: 24), depth: .none, options: AppOptions())
    let effects = SlashCommand.positions.run(&state, "")
    #expect(effects.isEmpty)
    #expect(state.status.text.contains("0 positions"))
  }

  @Test func templateIsRecognisedAndWritesItsMarks() throws {
    let model = Oracle.path("models/tiny-mha/hf")
    let tokenizer = try TokenizerFolder.tokenizer(in: model)
    let text = Conversation(template: Templates.alpaca, turns: [Turn("Why?")]).text(tokenizer)
    #expect(text.hasSuffix("### Instruction:\nWhy?\n\n### Response:"))
  }

  @Test func decoderAndTowerRunAModelOfTheirKind() throws {
    let known = try WeightFormats.open(Oracle.path("models/tiny-gqa/hf"))
    var configuration = known.configuration
    configuration.text.decoder = .aquila
    configuration.vision.tower = .chineseCLIP
    let own = try Checkpoint(
      CheckpointHeaders(
        path: known.path, layout: known.layout, configuration: configuration,
        tokenizer: known.readTokenizer, template: known.evidence, tensors: known.tensors,
        source: { _ in known.path }, naming: HuggingFaceFormat.naming))
    #expect(try logits(own) == logits(known))
  }

  @Test func storeListsAndFindsItsModels() throws {
    try withFolder { home in
      let stores = MadeUpStores(home: home)
      try stores.link(MadeUpStores.text, at: ".local/share/nomic.ai/GPT4All/llava.gguf")
      let store = try #require(GPT4AllStore.stores(environment: stores.environment).first)
      #expect(try store.names() == ["llava.gguf"])
      #expect(try store.model("llava.gguf")?.path.hasPrefix(home) == true)
      #expect(try store.model("../llava.gguf") == nil)
    }
  }

  private func logits(_ checkpoint: Checkpoint) throws -> [Float] {
    let model = try LlavaModel(checkpoint, options: LoadOptions(matrixType: .f32, threads: 1))
    let side = checkpoint.configuration.vision.imageSide
    let pixels = Pixels(
      width: side, height: side,
      rgb: (0..<side * side * 3).map { UInt8(truncatingIfNeeded: $0 * 7) })
    let session = try model.session(SessionOptions(policy: FullPolicy(), cachePrecision: .f32))
    let prompt = Conversation(
      template: checkpoint.template, turns: [Turn("What is it?", image: .first)]
    ).prompt(model.tokenizer)
    return try session.prefill(prompt, image: model.embed(pixels, route: .pad)).logits
  }
}
