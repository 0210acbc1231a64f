@testable import Evaluation
import Foundation
import KVCache
import TestSupport
import Testing

@testable import Inference

/// What an evaluation says when a policy could not decide as it does elsewhere.
@Suite struct EvaluationNoteTests {
  private struct TwicePolicy: RetentionPolicy {
    let name = "twice"
    let summary = "reads the prompt twice and keeps everything"
    let needs: Set<RetentionNeed> = [.secondPass]

    func plan(_ context: RetentionContext) -> RetentionPlan {
      let all = Array(0..<Int32(context.positions))
      return RetentionPlan(kept: Array(repeating: all, count: context.layers))
    }
  }

  private func runner(_ policies: [String], more: [EvaluationPlan.Cell] = []) throws
    -> EvaluationRunner
  {
    let checkpoint = try WeightFormats.open(Oracle.path("models/tiny-gqa/hf"))
    var plan = try EvaluationPlan(
      policies: policies, budgets: [.share(0.5)], template: checkpoint.template,
      imageRoot: Oracle.path("images"))
    plan.cells += more
    return EvaluationRunner(
      model: try LlavaModel(checkpoint, options: LoadOptions(matrixType: .f32, threads: 2)),
      plan: plan)
  }

  private func sample(_ question: String) -> EvaluationSample {
    EvaluationSample(
      index: 0, id: "a", image: "tiny.jpg", question: "<image>\n" + question, answer: "A boat.")
  }

  @Test func aPromptWithoutRoomForASecondPassIsNotMeasured() throws {
    let cell = EvaluationPlan.Cell(name: "twice", policy: TwicePolicy(), budget: .share(0.5))
    let runner = try runner(["local"], more: [cell])
    #expect(try runner.perplexity(sample("What is this?")).map(\.policy) == ["local", "twice"])
    let context = runner.model.configuration.text.context
    let words = String(repeating: " and", count: context / 2)
    #expect {
      try runner.perplexity(sample(words))
    } throws: {
      guard case ModelError.noRoomForSecondPass(let positions, context) = $0 else { return false }
      return positions > context / 2 && positions <= context
    }
  }

  @Test func anInterpolatedConfigurationIsSaidOnce() throws {
    try withFolder { folder in
      for forgotten in [0.3, 0.7] {
        let shares = Array(repeating: "\(forgotten)", count: 5).joined(separator: ", ")
        try "[\(shares)]".write(
          toFile: folder + "/prefixkv_tiny_\(forgotten).json", atomically: true, encoding: .utf8)
      }
      let runner = try runner(["prefixkv:" + folder])
      for _ in 0..<2 { _ = try runner.perplexity(sample("What is this?")) }
      #expect(
        runner.notes == [
          "prefixkv_tiny has no configuration for 50 %; interpolated between 70 % and 30 %."
        ])
    }
  }
}
