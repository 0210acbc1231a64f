import Basics
@testable import Evaluation
import Foundation
import KVCache
import TestSupport
import Testing

@testable import Inference

@Suite struct ResultTests {
  static func run(shard: Shard = .whole) -> RunDescription {
    RunDescription(
      measure: .perplexity, name: "test", model: "m", modelDigests: ["model": "00"], data: "d",
      dataDigest: "11", samples: 5, policies: ["prefixkv", "local"],
      budgets: [.share(0.5), .share(0.1)], protocolName: "prefixkv", positions: "true",
      template: "llava_v1", shard: shard, version: "1", instructionSet: "scalar",
      arguments: ["eval"])
  }

  private static func records(sample: Int) -> [EvaluationRecord] {
    ["prefixkv", "local"].flatMap { policy in
      [0.5, 0.1].map { budget in
        let terms = [0.1 * Double(sample + 1), 1 / 3.0, budget]
        return EvaluationRecord(
          index: sample, id: "s\(sample)", kind: sample % 2 == 0 ? "even" : nil, policy: policy,
          budget: .share(budget), terms: terms, loss: TokenLoss(terms: terms), promptTokens: 10,
          keptLengths: [5, 4], cacheBytes: 90, fullBytes: 200, seconds: 0.5, prefillSeconds: 1)
      }
    }
  }

  @Test func resultsAreReadBackBitForBit() throws {
    try withFolder { folder in
      let path = folder + "/results.jsonl"
      let file = try ResultFile(path: path, run: Self.run(), resume: false)
      for sample in 0..<5 { try file.append(Self.records(sample: sample)) }
      let (run, records) = try ResultFile.read(path: path)
      #expect(run == Self.run())
      #expect(records == (0..<5).flatMap(Self.records))
    }
  }

  @Test func aRunKilledAnywhereGoesOnAndWritesNothingTwice() throws {
    try withFolder { folder in
      let path = folder + "/results.jsonl"
      do {
        let file = try ResultFile(path: path, run: Self.run(), resume: false)
        for sample in 0..<3 { try file.append(Self.records(sample: sample)) }
      }
      let whole = try Oracle.bytes(path)
      for length in stride(from: 0, through: whole.count, by: 41) {
        try Data(whole.prefix(length)).write(to: URL(fileURLWithPath: path))
        do {
          let file = try ResultFile(path: path, run: Self.run(), resume: true)
          for sample in 0..<3 {
            let missing = Self.records(sample: sample).filter { !file.finished.contains($0.key) }
            try file.append(missing)
          }
        }
        #expect(try Oracle.bytes(path) == whole, "cut at \(length)")
      }
    }
  }

  @Test func aFileOfAnotherRunOrProcessIsNotTouched() throws {
    try withFolder { folder in
      let path = folder + "/results.jsonl"
      let first = try ResultFile(path: path, run: Self.run(), resume: false)
      #expect(throws: ResultError.inUse(path)) {
        _ = try ResultFile(path: path, run: Self.run(), resume: true)
      }
      #expect(throws: ResultError.exists(path)) {
        _ = try ResultFile(path: path, run: Self.run(), resume: false)
      }
      withExtendedLifetime(first) {}
    }
    try withFolder { folder in
      let path = folder + "/results.jsonl"
      _ = try ResultFile(path: path, run: Self.run(), resume: false)
      var other = Self.run()
      other.budgets = [.share(0.3)]
      #expect(throws: ResultError.otherRun(path, "its budgets are 0.5, 0.1, and not 0.3")) {
        _ = try ResultFile(path: path, run: other, resume: true)
      }
      let shard = Self.run(shard: try Shard(1, of: 2))
      #expect(throws: ResultError.otherRun(path, "its shard is 1/1, and not 1/2")) {
        _ = try ResultFile(path: path, run: shard, resume: true)
      }
    }
  }

  @Test(arguments: [1, 2, 4])
  func mergedShardsAreTheFileOfASingleRun(count: Int) throws {
    try withFolder { folder in
      let single = folder + "/single.jsonl"
      try ResultFile.write(
        run: Self.run(), records: (0..<5).flatMap(Self.records), to: single)
      var paths: [String] = []
      for index in (1...count).reversed() {
        let shard = try Shard(index, of: count)
        let path = folder + "/part-\(index).jsonl"
        let file = try ResultFile(path: path, run: Self.run(shard: shard), resume: false)
        for sample in 0..<5 where shard.owns(sample: sample) {
          try file.append(Self.records(sample: sample))
        }
        paths.append(path)
      }
      let merged = try ResultFile.merge(paths: paths)
      let path = folder + "/merged.jsonl"
      try ResultFile.write(run: merged.run, records: merged.records, to: path)
      #expect(try Oracle.bytes(path) == Oracle.bytes(single))
      expectRefusal(ResultError.self, says: [paths[0], "also in another file"]) {
        try ResultFile.merge(paths: paths + [paths[0]])
      }
    }
  }

  @Test func damagedResultFilesAreRefusedWithTheLine() throws {
    try withFile(Array("{}\n".utf8), name: "r.jsonl") { path in
      #expect(throws: ResultError.damaged(path, "its first line does not describe a run")) {
        _ = try ResultFile.read(path: path)
      }
    }
    try withFolder { folder in
      let path = folder + "/r.jsonl"
      try ResultFile.write(run: Self.run(), records: Self.records(sample: 0), to: path)
      let bytes = try Oracle.bytes(path) + Array("{\"index\": 1}\n".utf8)
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      expectRefusal(
        ResultError.self,
        says: [path, "line 6 is not a result of this run: it lacks a result's fields"]
      ) {
        _ = try ResultFile.read(path: path)
      }
    }
    #expect(throws: ResultError.nothingToMerge) { try ResultFile.merge(paths: []) }
  }

  @Test func summaryCountsTokensAndKinds() throws {
    let summary = Summary(run: Self.run(), records: (0..<5).flatMap(Self.records).reversed())
    #expect(summary.rows.map(\.policy) == ["prefixkv", "prefixkv", "local", "local"])
    #expect(summary.rows.map(\.share) == [0.5, 0.1, 0.5, 0.1])
    #expect(summary.rows.allSatisfy { $0.samples == 5 && $0.tokens == 15 })
    #expect(summary.kindRows.map(\.samples) == [3, 3, 3, 3])
    let mean = (0.1 + 0.2 + 0.3 + 0.4 + 0.5 + 5 * (1 / 3.0) + 5 * 0.5) / 15
    let value = try #require(summary.rows[0].perplexity?.value)
    #expect(abs(value - exp(mean)) < 1e-12)
    #expect(
      summary.table.headings == [
        "policy", "budget", "kind", "samples", "perplexity", "cache", "of", "s/sample",
      ])
    #expect(summary.fullTable.csv.split(separator: "\n").count == 9)
  }

  @Test func aTableRunIsSummedUpAsOneGridAMeasure() throws {
    var run = Self.run()
    run.measure = .table
    run.policies = ["full", "local"]
    run.budgets = [.share(1), .share(0.5), .entriesPerLayer(4)]
    func record(_ policy: String, _ budget: BudgetRequest, share: Double? = nil, rougeL: Double)
      -> EvaluationRecord
    {
      EvaluationRecord(
        index: 0, id: "0", policy: policy, budget: budget, share: share,
        loss: TokenLoss(terms: [0]), answer: "a", rouge: 1, rougeL: rougeL, isExact: true,
        promptTokens: 10, keptLengths: [4], cacheBytes: 1, fullBytes: 2, seconds: 0,
        prefillSeconds: 0)
    }
    let summary = Summary(
      run: run,
      records: [
        record("full", .share(1), rougeL: 1), record("local", .share(0.5), rougeL: 0.75),
        record("local", .entriesPerLayer(4), share: 0.4, rougeL: 0.125),
      ])
    #expect(
      summary.grids.map(\.title) == [
        "perplexity", "ROUGE-L (package), in percent", "ROUGE-L, in percent",
        "exact match, in percent",
      ])
    #expect(
      summary.grids[2].table.text == """
        policy  100 %  50 %  4tok
        full    100.0
        local          75.0  12.5

        """)
    // A token of no surprise has the perplexity 1.
    #expect(summary.grids[0].table.rows[0] == ["full", "1.00", "", ""])
    #expect(summary.rows.map(\.share) == [1, 0.5, 0.4])
    #expect(summary.markdown.contains("### exact match, in percent\n\n| policy | 100 % |"))
  }

  @Test func theBestOfABudgetIsMarkedAndWhatCannotBeToldFromIt() {
    var run = Self.run()
    run.measure = .table
    run.policies = ["full", "ada", "local", "pyramid"]
    run.budgets = [.share(1), .share(0.5)]
    func records(
      _ policy: String, _ budget: BudgetRequest, loss: Double, exact: [Bool]
    ) -> [EvaluationRecord] {
      exact.enumerated().map { index, isExact in
        EvaluationRecord(
          index: index, id: "\(index)", policy: policy, budget: budget,
          loss: TokenLoss(terms: [loss]), answer: "a", rouge: 1, rougeL: 1, isExact: isExact,
          promptTokens: 10, keptLengths: [4], cacheBytes: 1, fullBytes: 2, seconds: 0,
          prefillSeconds: 0)
      }
    }
    let summary = Summary(
      run: run,
      records: records("full", .share(1), loss: 0, exact: [true, true, true, true])
        + records("ada", .share(0.5), loss: 2, exact: [true, true, true, false])
        + records("local", .share(0.5), loss: 1, exact: [true, true, false, true])
        + records("pyramid", .share(0.5), loss: 3, exact: [false, false, false, false]))
    func cells(_ title: String) -> [String] {
      let grid = summary.grids.first { $0.title.hasPrefix(title) }
      return grid?.table.rows.map { String($0[2].prefix(4)) } ?? []
    }
    // Less perplexity is better; the intervals of equal losses have no width.
    #expect(cells("perplexity") == ["", "7.39", "* 2.", "20.1"])
    #expect(cells("exact match") == ["", "* 75", "* 75", "0.0 "])
    #expect(summary.grids.allSatisfy { !$0.table.rows[0][1].hasPrefix("*") })
    let legend =
      " the best of a budget, or not to be told from it: the interval holds the best value.\n"
    #expect(summary.text.hasSuffix("\n\n*" + legend))
    #expect(summary.markdown.hasSuffix("\n\n\\*" + legend))
  }

  @Test func tablesAreWrittenInThreeWays() {
    let table = Table(headings: ["a", "number"], rows: [["x, \"y\"", "1"], ["|", "22"]])
    #expect(table.text == "a       number\nx, \"y\"       1\n|           22\n")
    #expect(table.csv == "a,number\n\"x, \"\"y\"\"\",1\n|,22\n")
    #expect(table.markdown == "| a | number |\n| --- | ---: |\n| x, \"y\" | 1 |\n| \\| | 22 |\n")
  }

  @Test(arguments: ["tiny-mha", "tiny-gqa"])
  func estimatesEqualTheOracleConfigurations(model: String) throws {
    for tenth in 1...9 {
      let forgotten = Double(tenth) / 10
      let name = "prefixkv_llava-v1.5-\(model)_\(forgotten)"
      let text = try String(
        contentsOfFile: Oracle.path("confs/samples/\(name).jsonl"), encoding: .utf8)
      let samples = try text.split(separator: "\n").map {
        try JSONDecoder().decode([Double].self, from: Data($0.utf8))
      }
      let estimate = PrefixEstimation(
        model: "llava-v1.5-\(model)", budget: 1 - forgotten, samples: samples)
      let expected = try Oracle.bytes(Oracle.path("confs/\(name).json"))
      let shares = try JSONDecoder().decode([Double].self, from: Data(expected))
      #expect(estimate.configuration.count == shares.count)
      #expect(zip(estimate.configuration, shares).allSatisfy { abs($0 - $1) < 1e-15 })
      try withFolder { folder in
        try estimate.write(to: folder)
        let written = try Oracle.bytes(folder + "/\(name).json")
        let again = try JSONDecoder().decode([Double].self, from: Data(written))
        #expect(again == estimate.configuration)
        let lines = try String(contentsOfFile: folder + "/samples/\(name).jsonl", encoding: .utf8)
        #expect(lines == text)
      }
      #expect(estimate.meanDifference <= estimate.largestDifference)
      #expect(estimate.spread.count == shares.count)
    }
  }
}
