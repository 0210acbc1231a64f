@testable import Evaluation
import Foundation
import KVCache
import TestSupport
import Testing

@testable import Inference

/// Whole data sets against the reference scripts' numbers.
@Suite struct ReferenceTests {
  /// A tight, a middle and a wide one, to keep the test short.
  private static let budgets = [0.9, 0.5, 0.1]
  private static let policies = [
    ("full", "full_cache"), ("prefixkv", "prefixkv_online"), ("local", "local"),
    ("h2o-reference", "h2o"), ("elastic-reference", "elastic"),
  ]

  private static func model(_ name: String) throws -> LlavaModel {
    let path = Oracle.path("models/\(name)/llava-v1.5-\(name)")
    return try LlavaModel(
      WeightFormats.open(ModelLocator.resolve(path)),
      options: LoadOptions(matrixType: .f32, threads: 2))
  }

  private static func plan(
    _ policies: [String], budgets: [Double] = budgets, images: String = "",
    positions: PositionRule = .true, scoring: ScoringProtocol = .prefixkv
  ) throws -> EvaluationPlan {
    var plan = try EvaluationPlan(
      policies: policies, budgets: budgets.map { .share($0) },
      template: Templates.named("llava_v1"),
      imageRoot: Oracle.path(images))
    plan.positionRule = positions
    plan.scoring = scoring
    plan.cachePrecision = .f32
    return plan
  }

  private static func run(
    _ plan: EvaluationPlan, _ data: EvaluationData, shard: Shard = .whole,
    measure: RunDescription.Measure = .perplexity
  ) -> RunDescription {
    RunDescription(
      measure: measure, name: "", model: "", modelDigests: [:], data: data.path,
      dataDigest: data.digest, samples: data.samples.count, policies: plan.policies,
      budgets: plan.budgets, protocolName: plan.scoring.rawValue,
      positions: plan.positionRule.rawValue, template: plan.template.name, shard: shard,
      version: "", instructionSet: "", arguments: [])
  }

  private static func summary(
    _ model: LlavaModel, _ plan: EvaluationPlan, data: String
  ) throws -> Summary {
    let data = try EvaluationData.read(path: Oracle.path(data))
    let runner = EvaluationRunner(model: model, plan: plan)
    return Summary(
      run: run(plan, data), records: try data.samples.flatMap { try runner.perplexity($0) })
  }

  /// Dataset perplexities of a golden file by forgotten share; a number or `all_tokens`.
  private static func goldens(
    _ file: String, rule: PositionRule, scoring: ScoringProtocol
  ) throws -> [String: Double] {
    let root = try #require(
      JSONSerialization.jsonObject(with: Data(Oracle.bytes(Oracle.path("golden/\(file).json"))))
        as? [String: Any])
    if let dataset = root["dataset"] as? [String: [String: Any]] {
      return ["0.0": try #require(dataset["detail"]?["ppl"] as? Double)]
    }
    let dataset = try #require(root["dataset_ppl"] as? [String: [String: Any]])
    let field = scoring == .prefixkv ? "all_tokens" : "without_last_token"
    var values: [String: Double] = [:]
    for (ratio, rules) in dataset {
      let entry = rules[rule == .true ? "true" : "cache"]
      values[ratio] = entry as? Double ?? (entry as? [String: Double])?[field]
    }
    return values
  }

  @Test(arguments: [PositionRule.true, .reference])
  func datasetPerplexitiesEqualTheOracle(rule: PositionRule) throws {
    try compareDatasetPerplexities("tiny-gqa", rule)
  }

  @Test(.slow, arguments: [PositionRule.true, .reference])
  func datasetPerplexitiesOfManyHeadsEqualTheOracle(rule: PositionRule) throws {
    try compareDatasetPerplexities("tiny-mha", rule)
  }

  private func compareDatasetPerplexities(_ name: String, _ rule: PositionRule) throws {
    let model = try Self.model(name)
    let configured = "prefixkv:" + Oracle.path("confs/prefixkv_llava-v1.5-\(name)")
    let policies = Self.policies + [(configured, "prefixkv_offline")]
    let data = try EvaluationData.read(path: Oracle.path("data/detail_tiny.json"))
    let plan = try Self.plan(policies.map(\.0), positions: rule)
    let runner = EvaluationRunner(model: model, plan: plan)
    let records = try data.samples.flatMap { try runner.perplexity($0) }
    for scoring in ScoringProtocol.allCases {
      // The protocols differ in the terms they count, not in how these come about.
      let counted = records.map { record in
        var record = record
        record.loss = TokenLoss(terms: scoring.counted(record.terms!))
        return record
      }
      let summary = Summary(run: Self.run(plan, data), records: counted)
      for (policy, file) in policies {
        let isPrefixKV = file.hasPrefix("prefixkv") || file == "full_cache"
        if isPrefixKV && scoring != .prefixkv { continue }
        let goldens = try Self.goldens("\(name)/\(file)", rule: rule, scoring: scoring)
        let rows = summary.rows.filter { $0.policy == policy }
        #expect(rows.count == (file == "full_cache" ? 1 : Self.budgets.count))
        for row in rows {
          let ratio = "\(((1 - row.share) * 10).rounded() / 10)"
          let golden = try #require(goldens[ratio], "\(file) \(ratio)")
          let value = try #require(row.perplexity?.value)
          #expect(abs(value / golden - 1) < 1e-3, "\(name) \(file) \(ratio) \(rule) \(scoring)")
          #expect(row.tokens == (scoring == .prefixkv ? 240 : 234))
        }
      }
    }
  }

  @Test func theRunnerCountsWhatTheProtocolSays() throws {
    let model = try Self.model("tiny-gqa")
    let data = try EvaluationData.read(path: Oracle.path("data/detail_tiny.json"))
    let counts = try ScoringProtocol.allCases.map { scoring in
      let plan = try Self.plan(["full"], scoring: scoring)
      let record = try EvaluationRunner(model: model, plan: plan).perplexity(data.samples[0])[0]
      return [record.terms?.count, record.loss?.tokens]
    }
    #expect(counts == [[40, 40], [39, 39]])
  }

  @Test(arguments: ["tiny-mha", "tiny-gqa"])
  func theOtherDataFormatGivesItsOwnPerplexity(name: String) throws {
    struct Full: Decodable {
      struct Dataset: Decodable {
        struct MMVet: Decodable { var ppl: Double }
        var mmvet: MMVet
      }
      var dataset: Dataset
    }
    let path = Oracle.path("golden/\(name)/full_cache.json")
    let golden = try JSONDecoder().decode(Full.self, from: Data(Oracle.bytes(path)))
    let plan = try Self.plan(["full"], images: "images")
    let summary = try Self.summary(Self.model(name), plan, data: "data/mm-vet/mm-vet.json")
    let value = try #require(summary.rows[0].perplexity?.value)
    #expect(abs(value / golden.dataset.mmvet.ppl - 1) < 1e-3)
  }

  @Test(
    "one, two and four parts give the same bits",
    arguments: [
      (RunDescription.Measure.perplexity, ["full", "local"], 6 * 3),
      (.table, ["full", "h2o-reference"], 6 * 3), (.profile, ["prefixkv"], 6 * 2),
    ])
  func partsGiveTheSameBits(
    measure: RunDescription.Measure, policies: [String], count: Int
  ) throws {
    let model = try Self.model("tiny-gqa")
    let data = try EvaluationData.read(path: Oracle.path("data/detail_tiny.json"))
    var plan = try Self.plan(policies, budgets: [0.5, 0.2])
    plan.maximumTokens = 4
    try withFolder { folder in
      var merged: [(RunDescription, [EvaluationRecord])] = []
      for count in [1, 2, 4] {
        var paths: [String] = []
        for index in 1...count {
          let path = "\(folder)/\(count)-\(index).jsonl"
          let shard = try Shard(index, of: count)
          let file = try ResultFile(
            path: path, run: Self.run(plan, data, shard: shard, measure: measure), resume: false)
          let runner = EvaluationRunner(model: model, plan: plan)
          let outcome = try EvaluationRun(runner: runner, data: data, file: file)
            .run(isStrict: true, observer: StoppingObserver())
          #expect(!outcome.wasCancelled)
          paths.append(path)
        }
        var (run, records) = try ResultFile.merge(paths: paths)
        for index in records.indices {
          records[index].seconds = 0
          records[index].prefillSeconds = 0
        }
        run.arguments = []
        merged.append((run, records))
      }
      #expect(merged[0].1.count == count)
      #expect(merged[0] == merged[1] && merged[0] == merged[2])
      let rows = merged.map { Summary(run: $0.0, records: $0.1).rows }
      #expect(rows[0] == rows[1] && rows[0] == rows[2])
      let profiles = merged.map { Profile(run: $0.0, records: $0.1) }
      #expect(profiles[0] == profiles[1] && profiles[0] == profiles[2])
    }
  }

  @Test func aStoppedRunGoesOnToTheSameResults() throws {
    let model = try Self.model("tiny-gqa")
    let data = try EvaluationData.read(path: Oracle.path("data/detail_tiny.json"))
    let plan = try Self.plan(["prefixkv"], budgets: [0.5])
    try withFolder { folder in
      func run(_ name: String, resume: Bool, stopAfter: Int) throws -> EvaluationRun.Outcome {
        let file = try ResultFile(
          path: folder + "/" + name, run: Self.run(plan, data), resume: resume)
        return try EvaluationRun(
          runner: EvaluationRunner(model: model, plan: plan), data: data, file: file
        ).run(isStrict: true, observer: StoppingObserver(after: stopAfter))
      }
      _ = try run("whole", resume: false, stopAfter: .max)
      #expect(try run("parts", resume: false, stopAfter: 100).finished == 2)
      #expect(try run("parts", resume: true, stopAfter: 60).finished == 3)
      #expect(try run("parts", resume: true, stopAfter: .max).finished == 6)
      #expect(try run("parts", resume: true, stopAfter: 0).finished == 6)
      let whole = try ResultFile.read(path: folder + "/whole").records
      let parts = try ResultFile.read(path: folder + "/parts").records
      #expect(whole.map(\.terms) == parts.map(\.terms) && whole.map(\.key) == parts.map(\.key))
    }
  }

  /// As long as an answer agrees with the data's, one sequence serves both measures.
  @Test func aTableHoldsWhatPerplexityAndAnswersHold() throws {
    let model = try Self.model("tiny-gqa")
    var plan = try Self.plan([EvaluationPlan.everyPolicy], budgets: [0.5, 0.2])
    plan.maximumTokens = 24
    let data = try EvaluationData.read(path: Oracle.path("data/detail_tiny.json"))
    let runner = EvaluationRunner(model: model, plan: plan)
    var sample = data.samples[0]
    // One answer that is wrong from the start, one that is right for some tokens, one that is right.
    let own = try #require(try runner.references(sample)[0].answer)
    let words = own.split(separator: " ")
    for answer in [sample.answer, words.prefix(words.count / 2).joined(separator: " ") + " ?", own]
    {
      sample.answer = answer
      let table = try runner.table(sample)
      let losses = try runner.perplexity(sample)
      let answers = try runner.answers(sample)
      #expect(table.count == plan.cells.count)
      for (cell, (loss, answer)) in zip(table, zip(losses, answers)) {
        #expect(cell.terms == loss.terms, "\(cell.policy) \(cell.budget.text)")
        #expect(cell.answer == answer.answer && cell.rougeL == answer.rougeL)
        #expect(cell.isExact == answer.isExact && cell.keptLengths == loss.keptLengths)
      }
    }
  }

  @Test func budgetsInEntriesAndBytesAreResolvedForEachPrompt() throws {
    let model = try Self.model("tiny-mha")
    let data = try EvaluationData.read(path: Oracle.path("data/detail_tiny.json"))
    var plan = try EvaluationPlan(
      policies: ["prefixkv"], budgets: [.entriesPerLayer(40), .bytes(100_000), .share(0.3)],
      template: Templates.named("llava_v1"), imageRoot: Oracle.path(""))
    plan.cachePrecision = .f32
    #expect(plan.budgets == [.share(0.3), .entriesPerLayer(40), .bytes(100_000)])
    let runner = EvaluationRunner(model: model, plan: plan)
    let shape = try model.cacheShape(.f32)
    for sample in data.samples.prefix(2) {
      let records = try runner.profile(sample)
      let positions = Double(records[0].promptTokens)
      #expect(records.map(\.budgetShare) == [0.3, 40 / positions, records[2].share])
      #expect(records.map { $0.share == nil } == [true, false, false])
      // A layer keeps up to one entry more than its share.
      let kept = records[1].keptLengths.reduce(0, +)
      #expect((40 * shape.layers..<41 * shape.layers).contains(kept))
      let over = records[2].cacheBytes - 100_000
      #expect((0..<shape.layers * shape.bytesPerEntry).contains(over))
    }
  }

  @Test func unreadablePicturesAndLongPromptsAreReportedAndSkipped() throws {
    let model = try Self.model("tiny-gqa")
    let long = String(repeating: "word ", count: 4000)
    let items = """
      [{"image": "images/none.jpg", "question": "q", "answer": "a"},
       {"image": "images/tiny.jpg", "question": "\(long)", "answer": "a"},
       {"image": "images/tiny.jpg", "question": "q", "answer": "a"}]
      """
    try withFolder { folder in
      try Data(items.utf8).write(to: URL(fileURLWithPath: folder + "/data.json"))
      let data = try EvaluationData.read(path: folder + "/data.json")
      let plan = try Self.plan(["full"])
      func run(strict: Bool) throws -> EvaluationRun.Outcome {
        let file = try ResultFile(
          path: folder + "/results", run: Self.run(plan, data), resume: true)
        return try EvaluationRun(
          runner: EvaluationRunner(model: model, plan: plan), data: data, file: file
        ).run(isStrict: strict, observer: StoppingObserver())
      }
      let outcome = try run(strict: false)
      #expect(outcome.finished == 1)
      #expect(outcome.problems.map(\.field) == ["image", "question"])
      #expect(outcome.problems[0].description.contains("none.jpg"))
      expectRefusal(DataError.self, says: ["field 'image'", "none.jpg"]) { try run(strict: true) }
    }
  }

  /// Greedy answers are decoded together; each is the oracle's own.
  @Test(arguments: ["tiny-mha", "tiny-gqa"])
  func answersOfTheFullCacheEqualTheOracle(name: String) throws {
    struct Full: Decodable {
      struct Sample: Decodable {
        var greedy: [Int]
        var greedy_margins: [Double]
      }
      var samples: [Sample]
    }
    let path = Oracle.path("golden/\(name)/full_cache.json")
    let golden = try JSONDecoder().decode(Full.self, from: Data(Oracle.bytes(path)))
    let model = try Self.model(name)
    var plan = try Self.plan(["full", "prefixkv"], budgets: [0.99])
    plan.maximumTokens = 32
    let data = try EvaluationData.read(path: Oracle.path("data/detail_tiny.json"))
    let runner = EvaluationRunner(model: model, plan: plan)
    let ends = model.tokenizer.specials.ends
    var records: [EvaluationRecord] = []
    for (sample, expected) in zip(data.samples, golden.samples) {
      let answers = try runner.references(sample)
      #expect(answers.count == 2)
      guard expected.greedy_margins.allSatisfy({ $0 > 1e-3 }) else { continue }
      let text = model.tokenizer.decode(expected.greedy.filter { !ends.contains($0) })
      let end = expected.greedy.last.map(ends.contains) == true ? "</s>" : ""
      #expect(answers[0].answer == (text + end).trimmingCharacters(in: .whitespacesAndNewlines))
      records.append(answers[0])
    }
    #expect(records.count >= 4, "too few answers are certain")
    try withFile(Array(ReferenceAnswers(records).json.utf8)) { path in
      let written = try EvaluationData.read(path: path)
      #expect(written.samples.map(\.answer) == records.map(\.answer))
      for sample in written.samples {
        let scored = try runner.answers(sample)
        #expect(scored[0].rouge.map { abs($0 - 1) < 1e-6 } == true)
        #expect(scored[0].isExact == true && scored[0].rougeL == 1)
      }
    }
  }

  @Test(arguments: ["tiny-mha", "tiny-gqa"])
  func profilesEqualTheOracleConfigurations(name: String) throws {
    let model = try Self.model(name)
    let data = try EvaluationData.read(path: Oracle.path("data/detail_tiny.json"))
    let plan = try Self.plan(["prefixkv"])
    let runner = EvaluationRunner(model: model, plan: plan)
    var run = Self.run(plan, data, measure: .profile)
    run.name = "llava-v1.5-\(name)"
    let profile = Profile(run: run, records: try data.samples.flatMap(runner.profile))
    for estimation in profile.estimations {
      let path = Oracle.path("confs/\(estimation.fileName)")
      let shares = try JSONDecoder().decode([Double].self, from: Data(Oracle.bytes(path)))
      // One entry in one layer of one sample may fall on the other side in double precision.
      let entry = 1 / (188.0 * 6) + 1e-12
      #expect(estimation.configuration.count == shares.count)
      #expect(zip(estimation.configuration, shares).allSatisfy { abs($0 - $1) < entry })
    }
    let report = profile.report
    #expect(report.samples == 6 && report.estimates.count == 3)
    #expect(report.lorenz.allSatisfy { (0..<1).contains($0.gini) && $0.curve.last == 1 })
    #expect(report.table.rows.count == report.lorenz.count + 4)
    #expect(report.layerChart.series.count == 3)
    #expect(report.lorenzChart.series.count == report.lorenz.count)
  }

  @Test func thePlanRunsTheFullCacheOnce() throws {
    let plan = try Self.plan(["prefixkv", "full", "prefixkv"], budgets: [0.2, 0.5, 0.2])
    #expect(plan.policies == ["prefixkv", "full"])
    #expect(plan.budgets == [.share(1), .share(0.5), .share(0.2)])
    #expect(
      plan.cells.map { "\($0.name) \($0.budget.text)" } == [
        "prefixkv 0.5", "prefixkv 0.2", "full 1.0",
      ])
    expectRefusal(RetentionError.self, says: ["no-such", "prefixkv"]) { try Self.plan(["no-such"]) }
    let every = try Self.plan(["all", "local"], budgets: [0.5])
    #expect(every.policies == RetentionPolicies.all.map(\.name))
    #expect(every.cells.count == every.policies.count)
  }
}

/// Cancels an evaluation after some steps.
private final class StoppingObserver: EvaluationObserver {
  private let limit: Int
  private var steps = 0

  init(after limit: Int = .max) { self.limit = limit }

  var isCancelled: Bool {
    steps += 1
    return steps > limit
  }

  func receive(_ progress: EvaluationRun.Progress) {}
  func note(_ sentence: String) {}
}
