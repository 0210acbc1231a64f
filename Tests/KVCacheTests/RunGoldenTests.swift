import TestSupport
import Testing

@testable import KVCache

/// Whole runs of the tiny models: given the reference's scores, policies keep, merge and evict what
/// the reference does, through the controller and a real cache.
@Suite struct RunGoldenTests {
  static let models = ["tiny-mha", "tiny-gqa"]

  /// `golden/MODEL/POLICY.json`: sample, then ratio.
  struct Runs<Run: Decodable>: Decodable { let samples: [String: [String: Run]] }

  @Test(arguments: models) func prefixKVOnline(model: String) throws {
    struct Run: Decodable {
      let threshold: Double
      let kept: [[Int32]]
      let evictAt: [Int]
      let evictSteps: [[Int]]
    }
    try forEachRun(model, "prefixkv_online", PrefixKVPolicy()) { (run: Run, conversation, place) in
      let plan = conversation.controller.lastPlan!
      #expect(plan.threshold == run.threshold, "\(place)")
      #expect(kept(conversation) == run.kept, "\(place)")
      #expect((plan.decode as! SlidingEviction).slots == run.evictAt, "\(place)")
      let steps = try evictSteps(&conversation)
      #expect(steps == run.evictSteps, "\(place)")
    }
  }

  @Test(arguments: models) func prefixKVOffline(model: String) throws {
    struct Run: Decodable {
      let kept: [[Int32]]
      let evictSteps: [[Int]]
    }
    let path = Oracle.path("confs/prefixkv_llava-v1.5-\(model)")
    let policy = try RetentionPolicies.named("prefixkv:" + path)
    try forEachRun(model, "prefixkv_offline", policy) { (run: Run, conversation, place) in
      #expect(kept(conversation) == run.kept, "\(place)")
      let steps = try evictSteps(&conversation)
      #expect(steps == run.evictSteps, "\(place)")
    }
  }

  @Test(arguments: models, ["local", "h2o"])
  func sameSelectionForAllLayers(model: String, policy: String) throws {
    struct Run: Decodable {
      let kept: [Int32]
      let evictSteps: [[Int]]
    }
    let named = try RetentionPolicies.named(policy == "h2o" ? "h2o-reference" : policy)
    try forEachRun(model, policy, named) { (run: Run, conversation, place) in
      #expect(kept(conversation).allSatisfy { $0 == run.kept }, "\(place)")
      let steps = try evictSteps(&conversation)
      #expect(steps.allSatisfy { $0 == run.evictSteps.map { $0[0] } }, "\(place)")
    }
  }

  @Test(arguments: models) func elastic(model: String) throws {
    struct Run: Decodable {
      let kept: [[Int32]]
      let throwing: [[Int32]]
      let mergeInto: [[Int32]]
      let evictSteps: [[Int]]
      enum CodingKeys: String, CodingKey {
        case kept
        case throwing = "throw"
        case mergeInto, evictSteps
      }
    }
    let policy = try RetentionPolicies.named("elastic-reference")
    try forEachRun(model, "elastic", policy) { (run: Run, conversation, place) in
      #expect(kept(conversation) == run.kept, "\(place)")
      for (layer, merges) in conversation.controller.lastPlan!.merges.enumerated() {
        #expect(merges.flatMap(\.sources) == run.throwing[layer], "\(place)")
        let targets = merges.flatMap { merge in merge.sources.map { _ in merge.target } }
        #expect(targets == run.mergeInto[layer], "\(place)")
      }
      let steps = try evictSteps(&conversation)
      #expect(steps.allSatisfy { $0 == run.evictSteps.map { $0[0] } }, "\(place)")
    }
  }

  // MARK: Driving

  private func forEachRun<Run: Decodable>(
    _ model: String, _ file: String, _ policy: any RetentionPolicy,
    _ body: (Run, inout TestConversation, _ place: String) throws -> Void
  ) throws {
    let scores = try GoldenArrays("golden/\(model)/lm.safetensors").matrices()
    let runs = try Oracle.json("golden/\(model)/\(file).json", as: Runs<Run>.self)
    #expect(runs.samples.count == 6)
    for (sample, byRatio) in runs.samples {
      let rows = scores[sample + ".scores"]!
      for (ratio, run) in byRatio {
        var conversation = try TestConversation(
          layers: rows.count, kvHeads: 1, headDim: 1, policy: policy, budget: 1 - Double(ratio)!)
        try conversation.prompt(rows[0].count, scores: rows)
        try body(run, &conversation, "\(model) \(sample) \(ratio)")
      }
    }
  }

  private func kept(_ conversation: TestConversation) -> [[Int32]] {
    (0..<conversation.shape.layers).map(conversation.cache.positions)
  }

  /// For each layer the decode steps, counted from 1, after which an entry had gone.
  private func evictSteps(_ conversation: inout TestConversation) throws -> [[Int]] {
    var steps = Array(repeating: [Int](), count: conversation.shape.layers)
    for step in 1...39 {
      let before = (0..<steps.count).map(conversation.cache.length)
      try conversation.step()
      for layer in steps.indices where conversation.cache.length(layer) == before[layer] {
        steps[layer].append(step)
      }
    }
    return steps
  }
}
