import Foundation
import KVCache
import TestSupport
import Testing

@testable import Evaluation
@testable import Inference

/// Questions that come after something was evicted.
@Suite struct DialogueTests {
  private let model: LlavaModel

  init() throws {
    model = try LlavaModel(
      WeightFormats.open(ModelLocator.resolve(Oracle.path("models/tiny-mha/hf"))),
      options: LoadOptions(matrixType: .f32, threads: 2))
  }

  private func plan(
    _ asking: AskingProtocol, _ policies: [String], recalls: Bool = true
  ) throws -> EvaluationPlan {
    var plan = try EvaluationPlan(
      policies: policies, budgets: [.share(0.5), .share(0.2)],
      template: Templates.named("vicuna_v1"), imageRoot: Oracle.path(""))
    plan.maximumTokens = 12
    plan.asking = asking
    plan.recalls = recalls
    return plan
  }

  private let sample = EvaluationSample(
    index: 3, id: "3", image: "images/landscape.jpg", question: "<image>\nWhat is this?",
    answer: "A tree.", kind: "thing",
    later: [
      .init(question: "What colour is it?", answer: "Green."),
      .init(question: "Where is it?", answer: "On the left."),
    ])

  /// What a chat answers to the sample's questions, one after the other.
  private func chatted(_ policy: String, _ budget: Double, recalls: Bool) throws -> [String] {
    var options = ChatOptions(
      policy: try RetentionPolicies.named(policy), budget: .share(budget),
      template: try Templates.named("vicuna_v1"), imageRoute: .pad,
      sampling: SamplingOptions(maximumTokens: 12))
    options.recalls = recalls
    let chat = try ChatSession(model: model, options: options)
    let pixels = try ImageFile.load(
      path: Oracle.path("images/landscape.jpg"), reading: .asReference(appliesOrientation: false))
    try chat.begin(pixels: pixels)
    return try ["What is this?", "What colour is it?", "Where is it?"].map { question in
      let listener = Listener()
      _ = try chat.ask(question, observer: listener)
      return listener.text.trimmingCharacters(in: .whitespacesAndNewlines)
    }
  }

  @Test(arguments: ["prefixkv", "snapkv", "prefixkv-text"], [true, false])
  func turnsAreAnsweredAsInAChat(policy: String, recalls: Bool) throws {
    let plan = try plan(.turns, [policy], recalls: recalls)
    let records = try EvaluationRunner(model: model, plan: plan).dialogues(sample)
    #expect(records.count == 6)
    #expect(Set(records.map(\.key)) == Set(plan.keys(of: sample)))
    for budget in [0.5, 0.2] {
      let mine = records.filter { $0.budget == .share(budget) }
      #expect(mine.map(\.turn) == [1, 2, 3])
      #expect(mine.allSatisfy { $0.kind == nil && $0.index == 3 })
      let answers = mine.map { ($0.answer ?? "").replacing("</s>", with: "") }
      #expect(
        answers == (try chatted(policy, budget, recalls: recalls)), "\(policy) at \(budget)")
      #expect(mine.map(\.promptTokens) == mine.map(\.promptTokens).sorted())
    }
  }

  @Test func recallChangesLaterAnswersAndNotTheFirst() throws {
    let on = try EvaluationRunner(model: model, plan: plan(.turns, ["prefixkv"])).dialogues(sample)
    let off = try EvaluationRunner(model: model, plan: plan(.turns, ["prefixkv"], recalls: false))
      .dialogues(sample)
    #expect(zip(on, off).filter { $0.0.turn == 1 }.allSatisfy { $0.answer == $1.answer })
    #expect(zip(on, off).contains { $0.answer != $1.answer })
  }

  /// With everything kept it does not matter when the question comes.
  @Test func askingAfterIsAskingTogetherForTheFullCache() throws {
    let after = try EvaluationRunner(model: model, plan: plan(.askAfter, ["full", "prefixkv"]))
      .dialogues(sample)
    let together = try EvaluationRunner(
      model: model, plan: plan(.together, ["full", "prefixkv"])
    ).answers(sample)
    #expect(after.map(\.key) == together.map(\.key))
    #expect(after[0].answer == together[0].answer)
    #expect(after.allSatisfy { $0.turn == nil && $0.kind == "thing" })
    #expect(after.map(\.promptTokens) == together.map(\.promptTokens))
    // What is kept is the budget's share of everything, the question included.
    let kept = Double(after[2].keptLengths.reduce(0, +))
    let seen = Double(after[2].promptTokens * after[2].keptLengths.count)
    #expect(abs(kept / seen - 0.2) < 0.02, "\(kept / seen)")
  }

  @Test func everyTurnOfAConversationIsRead() throws {
    let text = """
      [{"image": "a", "conversations": [
         {"from": "human", "value": "<image>\\nOne?"}, {"from": "gpt", "value": "1"},
         {"from": "human", "value": "Two?"}, {"from": "gpt", "value": "2"}]},
       {"image": "a", "conversations": [{"value": "One?"}, {"value": "1"}, {"value": "Two?"}]},
       {"image": "a", "conversations": [
         {"from": "human", "value": "One?"}, {"from": "gpt", "value": "1"},
         {"from": "human", "value": "<image> Two?"}, {"from": "gpt", "value": "2"}]},
       {"image": "a", "question": "One?", "answer": "1"}]
      """
    try withFile(Array(text.utf8)) { path in
      let all = try EvaluationData.read(path: path, needsTurns: true)
      #expect(all.samples.map(\.index) == [0, 3])
      #expect(all.samples[0].bareQuestion == "One?")
      #expect(all.samples[0].later == [.init(question: "Two?", answer: "2")])
      #expect(all.samples[1].later.isEmpty)
      #expect(all.problems.map(\.index) == [1, 2])
      #expect(all.problems[1].description.contains("only the first question"))
      let first = try EvaluationData.read(path: path)
      #expect(first.samples.count == 4 && first.samples.allSatisfy { $0.later.isEmpty })
    }
  }

  @Test func resultsAreSummedUpByTurn() throws {
    let plan = try plan(.turns, ["prefixkv"])
    let records = try EvaluationRunner(model: model, plan: plan).dialogues(sample)
    try withFile(Array("[]".utf8)) { path in
      let run = RunDescription(
        measure: .rouge, name: "n", model: "m", modelDigests: [:], data: "d", dataDigest: "",
        samples: 1, policies: plan.policies, budgets: plan.budgets, protocolName: "turns",
        positions: "true", template: "t", shard: .whole, version: "1", instructionSet: "i",
        arguments: [])
      let summary = Summary(run: run, records: records)
      #expect(summary.rows.map(\.samples) == [3, 3])
      #expect(
        summary.kindRows.map(\.kind) == [
          "turn 1", "turn 1", "turn 2", "turn 2", "turn 3", "turn 3",
        ]
      )
      try ResultFile.write(run: run, records: ResultFile.ordered(records, of: run), to: path)
      #expect(try ResultFile.read(path: path).records.map(\.turn) == [1, 2, 3, 1, 2, 3])
    }
  }
}
