import Basics
import Foundation
import Inference
import KVCache
import TestSupport
import Testing

@testable import Evaluation

/// Perplexity of a running text.
@Suite struct PassageTests {
  private let text = String(repeating: "The cat sat on the mat, and it was grey. ", count: 20)

  private func model() throws -> LlavaModel {
    try LlavaModel(
      WeightFormats.open(Oracle.path("models/tiny-gqa/hf")),
      options: LoadOptions(matrixType: .f32, threads: 2))
  }

  private func withText(_ text: String, _ body: (String) throws -> Void) throws {
    try withFile(Data(text.utf8), name: "text.txt") { try body($0) }
  }

  @Test func aTextFileIsOneSample() throws {
    try withText(text) { path in
      let data = try EvaluationData.read(path: path)
      #expect(data.form == .text && data.samples.count == 1 && data.problems.isEmpty)
      #expect(data.samples[0].question == text && data.samples[0].image == nil)
    }
    try withText("  \n") { path in
      #expect(throws: DataError.noItems(file: path)) { _ = try EvaluationData.read(path: path) }
    }
    try withFile(Data([0xff, 0xfe, 0x41]), name: "text.txt") { path in
      let error = #expect(throws: DataError.self) { _ = try EvaluationData.read(path: path) }
      #expect("\(error!)".contains("UTF-8"))
    }
  }

  /// The terms are those of the tokens behind the prompt, read one by one.
  @Test func theNextTokensAreScored() throws {
    let model = try model()
    var plan = try EvaluationPlan(
      policies: ["full", "prefixkv"], budgets: [.share(1), .share(0.5)],
      template: Templates.named("vicuna_v1"), imageRoot: ".")
    plan.passage = Passage(prompt: 40, scored: 12)
    plan.cachePrecision = .f32
    let sample = EvaluationSample(index: 0, id: "0", image: nil, question: text, answer: "")
    let records = try EvaluationRunner(model: model, plan: plan).perplexity(sample)
    #expect(records.count == plan.cells.count)
    let ids = model.tokenizer.encode(text)
    let session = try model.session(
      SessionOptions(policy: RetentionPolicies.named("full"), cachePrecision: .f32))
    let begin = try #require(model.tokenizer.specials.begin)
    let logits = try session.prefill(Prompt(text: [begin] + ids.prefix(40)), image: nil).logits
    let expected = try session.negativeLogLikelihoods(of: Array(ids[40..<52]), after: logits)
    let full = try #require(records.first { $0.policy == "full" }?.terms)
    expectClose(full.map(Float.init), expected.map(Float.init), absolute: 1e-4, "terms")
    let half = try #require(
      records.first { $0.share == nil && $0.policy == "prefixkv" && $0.budget == .share(0.5) })
    #expect(half.terms?.count == 12 && half.keptLengths.allSatisfy { $0 < 41 })
  }

  @Test func shortTextsAreRefused() throws {
    let model = try model()
    var plan = try EvaluationPlan(
      policies: ["full"], budgets: [.share(1)], template: Templates.named("vicuna_v1"),
      imageRoot: ".")
    plan.passage = Passage(prompt: 1000, scored: 1000)
    let sample = EvaluationSample(index: 0, id: "0", image: nil, question: text, answer: "")
    let error = #expect(throws: DataError.self) {
      _ = try EvaluationRunner(model: model, plan: plan).perplexity(sample)
    }
    #expect("\(error!)".contains("2000") && "\(error!)".contains("--prompt-tokens"))
  }
}
