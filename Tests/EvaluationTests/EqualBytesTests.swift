import Foundation
import KVCache
import TestSupport
import Testing

@testable import Evaluation
@testable import Inference

/// Types of the cache at the same bytes: `eval table --by-bytes`.
@Suite struct EqualBytesTests {
  private static let types = ["f32", "f16", "q8_0", "q4_0"]

  private func plan(_ budgets: [Double]) throws -> EvaluationPlan {
    var plan = try EvaluationPlan(
      policies: ["full", "local"], budgets: budgets.map { .share($0) },
      template: Templates.named("vicuna_v1"), imageRoot: BundledModelTests.assets + "/pictures")
    plan.comparedPrecisions = CachePrecision.allCases
    plan.maximumTokens = 16
    return plan
  }

  @Test func everyTypeFillsTheSameBytesAndNoMore() throws {
    let path = try ModelLocator.resolve(
      nil, environment: ["PREFIXKV_ASSETS": BundledModelTests.assets]
    ).path
    let model = try LlavaModel(WeightFormats.open(path), options: LoadOptions(threads: 2))
    let plan = try plan([0.5, 0.2])
    let picture = try #require(try BundledModelTests.pictures().first)
    let sample = EvaluationSample(
      index: 3, id: "a", image: picture.image,
      question: "<image>\n" + picture.questions[0].question, answer: picture.questions[0].answer)
    let records = try EvaluationRunner(model: model, plan: plan).table(sample)
    #expect(records.map(\.key) == plan.keys(of: sample))
    #expect(records.map { $0.kvType ?? "" } == Self.types.flatMap { [$0, $0, $0] })

    // With nothing evicted four bits are enough, which they would not be without one of the rotations.
    for record in records where record.policy == "full" {
      let answer = try #require(record.answer)
      #expect(answer.count > 40 && sample.answer.hasPrefix(answer), "\(record.key): \(answer)")
    }
    let halves = try #require(records.first { $0.policy == "full" && $0.kvType == "f16" })
    for record in records where record.policy == "local" {
      let share = try #require(record.share)
      let wanted = Double(halves.cacheBytes) * record.budgetShare
      if record.kvType == "q4_0", record.budgetShare == 0.5 {
        #expect(share == 1 && record.cacheBytes == record.fullBytes)
        #expect(Double(record.cacheBytes) < wanted)
        continue
      }
      // Each layer is held within one entry of its share.
      let entry = Double(record.fullBytes) / Double(record.promptTokens)
      #expect(abs(Double(record.cacheBytes) - wanted) <= entry, "\(record.key)")
    }
    func entries(_ type: String) throws -> Int {
      try #require(
        records.first { $0.policy == "local" && $0.kvType == type && $0.budgetShare == 0.2 }
      ).keptLengths.reduce(0, +)
    }
    #expect(try 3.4...3.7 ~= Double(entries("q4_0")) / Double(entries("f16")))
    #expect(try 1.8...1.95 ~= Double(entries("q8_0")) / Double(entries("f16")))
    #expect(try 0.45...0.55 ~= Double(entries("f32")) / Double(entries("f16")))
  }

  private func run(kvTypes: [String]?) -> RunDescription {
    var run = ResultTests.run()
    run.measure = .table
    run.samples = 2
    run.kvTypes = kvTypes
    return run
  }

  private func records(kvTypes: [String?]) -> [EvaluationRecord] {
    (0..<2).flatMap { sample in
      kvTypes.flatMap { type in
        ["prefixkv", "local"].flatMap { policy in
          [0.5, 0.1].map { budget in
            EvaluationRecord(
              index: sample, id: "s\(sample)", policy: policy, kvType: type,
              budget: .share(budget), share: type == "q4_0" ? 1 : budget, answer: "A boat.",
              rougeL: 1, isExact: type == "q4_0", promptTokens: 10, keptLengths: [5, 4],
              cacheBytes: 90, fullBytes: 200, seconds: 0.5, prefillSeconds: 1)
          }
        }
      }
    }
  }

  @Test func resultsAreReadBackAndSummedUpByType() throws {
    try withFolder { folder in
      let path = folder + "/results.jsonl"
      let run = run(kvTypes: ["f16", "q4_0"])
      let written = records(kvTypes: ["f16", "q4_0"])
      try ResultFile(path: path, run: run, resume: false).append(written)
      let read = try ResultFile.read(path: path)
      #expect(read.run == run && read.records == written)
      #expect(ResultFile.ordered(written.reversed(), of: run) == written)

      let summary = Summary(run: run, records: written)
      #expect(summary.rows.count == 8)
      let grid = try #require(summary.grids.first { $0.title.hasPrefix("exact match") }).table
      #expect(
        grid.rows.map { $0[0] } == [
          "prefixkv, f16", "prefixkv, q4_0", "local, f16", "local, q4_0",
        ])
      let values = grid.rows.map { $0[1].prefix { $0 != "[" } }
      #expect(values == ["0.0 ", "* 100.0 ", "0.0 ", "* 100.0 "])
      #expect(summary.fullTable.headings.prefix(3) == ["policy", "kv_type", "budget"])
      let charts = try Figures.charts(of: path)
      let chart = try #require(charts.first { $0.name.hasSuffix("exact-match") }).chart
      #expect(chart.series.map(\.name).contains("local, q4_0"))
      #expect(chart.xLabel.contains("bytes"))
    }
  }

  @Test func resultsOfAnotherTypeAreRefused() throws {
    let pairs: [([String]?, String?)] = [(["f16"], "q4_0"), (nil, "f16"), (["f16"], nil)]
    for (types, own) in pairs {
      try withFolder { folder in
        let path = folder + "/results.jsonl"
        try ResultFile(path: path, run: run(kvTypes: types), resume: false)
          .append(records(kvTypes: [own]))
        expectRefusal(ResultError.self, says: ["line 2", "cache type"]) {
          try ResultFile.read(path: path)
        }
      }
    }
  }
}
