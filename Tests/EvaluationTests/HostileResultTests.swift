import Foundation
import Plot
import TestSupport
import Testing

@testable import Evaluation

/// Result files and profiles with numbers that no run writes.
@Suite struct HostileResultTests {
  private static let run = """
    {"arguments":[],"budgets":[0.5],"data":"d","data_digest":"0","instruction_set":"i","measure":\
    "perplexity","model":"m","model_digests":{},"name":"n","policies":["local"],"positions":"true",\
    "protocol_name":"prefixkv","samples":2,"shard":{"count":1,"index":1},"template":"t",\
    "version":"1"}
    """
  private static let line = """
    {"budget":0.5,"cache_bytes":1,"full_bytes":2,"id":"0","index":0,"kept_lengths":[1,2],"loss":\
    {"sum":1,"tokens":1},"policy":"local","prefill_seconds":0,"prompt_tokens":3,"seconds":0,\
    "terms":[1]}
    """

  private func read(_ run: String, _ lines: [String]) throws -> (
    run: RunDescription, records: [EvaluationRecord]
  ) {
    let text = ([run] + lines).map { $0 + "\n" }.joined()
    return try withFile(Array(text.utf8)) { try ResultFile.read(path: $0) }
  }

  @Test func plainResultsAreRead() throws {
    #expect(try read(Self.run, [Self.line]).records.count == 1)
  }

  @Test(arguments: [
    (#""samples":2"#, #""samples":-1"#), (#""samples":2"#, #""samples":9223372036854775807"#),
    (#""samples":2"#, #""samples":2,"skipped":-1"#),
    (#""count":1,"index":1"#, #""count":0,"index":0"#),
    (#""count":1,"index":1"#, #""count":1,"index":9223372036854775807"#),
    ("[0.5]", "[1e308]"), ("[0.5]", "[\"nan\"]"), ("[0.5]", "[-1]"),
  ])
  func impossibleRunIsRefused(part: String, replacement: String) throws {
    let run = Self.run.replacing(part, with: replacement)
    #expect(run != Self.run)
    expectRefusal(ResultError.self, says: ["its first line does not describe a run"]) {
      try read(run, [Self.line])
    }
  }

  @Test(arguments: [
    (#""prompt_tokens":3"#, #""prompt_tokens":0"#),
    (#""prompt_tokens":3"#, #""prompt_tokens":-9223372036854775808"#),
    ("[1,2]", "[1,4]"), ("[1,2]", "[-1,2]"), ("[1,2]", "[]"),
    (#""cache_bytes":1"#, #""cache_bytes":9223372036854775807"#),
    (#""full_bytes":2"#, #""full_bytes":-9223372036854775808"#),
    (#""tokens":1"#, #""tokens":9223372036854775807"#), (#""index":0"#, #""index":-1"#),
    (#""budget":0.5"#, #""budget":0"#), (#""budget":0.5"#, #""budget":"nan""#),
    (#""seconds":0,"#, #""seconds":0,"profile":{"overlaps":{},"lorenz":[]},"#),
    (#""seconds":0,"#, #""seconds":0,"objects":{"absent":2,"named":1,"pictured":1},"#),
    (#""seconds":0,"#, #""seconds":0,"objects":{"absent":0,"named":2,"pictured":1},"#),
    (#""seconds":0,"#, #""seconds":0,"objects":{"absent":-1,"named":1,"pictured":2},"#),
    (
      #""seconds":0,"#,
      #""seconds":0,"profile":{"overlaps":{},"lorenz":[{"curve":[1],"gini":0},{"curve":[],"gini":0}]},"#
    ),
  ])
  func impossibleResultIsRefused(part: String, replacement: String) throws {
    let line = Self.line.replacing(part, with: replacement)
    #expect(line != Self.line)
    expectRefusal(ResultError.self, says: ["line 2 is not a result of this run"]) {
      try read(Self.run, [line])
    }
  }

  @Test(arguments: [
    (#""tokens":1"#, #""tokens":0"#, "its loss counts 0 tokens, and it has 1 terms"),
    ("[1]}", "[1,1]}", "its loss counts 1 tokens, and it has 2 terms"),
    (#""policy":"local""#, #""policy":"snapkv""#, "no policy snapkv at budget 0.5"),
    (#""budget":0.5"#, #""budget":0.25"#, "no policy local at budget 0.25"),
  ])
  func aResultThatTheRunCannotHaveIsRefusedWithItsCause(
    part: String, replacement: String, cause: String
  ) throws {
    let line = Self.line.replacing(part, with: replacement)
    #expect(line != Self.line)
    expectRefusal(
      ResultError.self, says: ["line 2 is not a result of this run: ", cause]
    ) { try read(Self.run, [line]) }
  }

  @Test func anAnswerOfNoScoredTokenHasNoLoss() throws {
    let line = Self.line.replacing("[1]}", with: "[]}")
      .replacing(#""tokens":1"#, with: #""tokens":0"#)
    expectRefusal(ResultError.self, says: ["line 2", "its loss is 1.0 over no token"]) {
      try read(Self.run, [line])
    }
    let none = line.replacing(#""sum":1"#, with: #""sum":0"#)
    #expect(try read(Self.run, [none]).records.count == 1)
  }

  @Test func linesOfOnePlaceOrOfOtherSamplesAreRefused() throws {
    func line(_ index: Int) -> String {
      Self.line.replacing("\"index\":0", with: "\"index\":\(index)")
    }
    expectRefusal(
      ResultError.self,
      says: ["line 4", "sample 0, policy local, budget 0.5 is in line 2 already"]
    ) { try read(Self.run, [line(0), line(1), line(0)]) }
    expectRefusal(ResultError.self, says: ["line 4", "sample 7777 is none of the run's 2"]) {
      try read(Self.run, [line(0), line(1), line(7777)])
    }
    let second = Self.run.replacing(#""count":1,"index":1"#, with: #""count":2,"index":2"#)
    expectRefusal(ResultError.self, says: ["line 3", "sample 0 is not in shard 2/2"]) {
      try read(second, [line(1), line(0)])
    }
  }

  /// Neither the samples nor the layers of a run stand in its file alone.
  @Test(arguments: [
    ("[1,2]", "[1]", "it has kept_lengths of 1 layer, the model has 2"),
    (#""index":0"#, #""index":7777"#, "sample 7777 is none of the run's 2"),
  ])
  func aRunThatGoesOnRefusesForeignLinesBeforeItWrites(
    part: String, replacement: String, cause: String
  ) throws {
    let text = [Self.run, Self.line.replacing(part, with: replacement)].map { $0 + "\n" }.joined()
    try withFile(Array((text + "{\"half").utf8)) { path in
      let run = try ResultFile.read(path: path).run
      expectRefusal(ResultError.self, says: [path, "line 2", cause]) {
        try ResultFile(
          path: path, run: run, resume: true, bounds: ResultBounds(samples: [0, 1], layers: 2))
      }
      #expect(try Oracle.bytes(path) == Array((text + "{\"half").utf8))
    }
  }

  @Test func linesWithUnequalLayersAreRefused() throws {
    let other = Self.line.replacing("[1,2]", with: "[1]").replacing(
      "\"index\":0", with: "\"index\":1")
    expectRefusal(ResultError.self, says: ["line 3 is not a result of this run"]) {
      try read(Self.run, [Self.line, other])
    }
  }

  @Test(arguments: ["1e308", "-1e308", "5e-324", "\"inf\"", "\"-inf\"", "\"nan\""])
  func extremeNumbersAreSummedUpAndDrawn(number: String) throws {
    let lines = (0..<3).map { index in
      Self.line.replacing(#""sum":1"#, with: #""sum":\#(number)"#)
        .replacing(
          #""seconds":0,"#, with: #""seconds":\#(number),"answer":"a","rouge":\#(number),"#
        )
        .replacing(#""index":0"#, with: #""index":\#(index)"#)
    }
    let description = Self.run.replacing(#""samples":2"#, with: #""samples":3"#)
    let text = ([description] + lines).map { $0 + "\n" }.joined()
    try withFile(Array(text.utf8)) { path in
      let (run, records) = try ResultFile.read(path: path)
      #expect(records.count == 3)
      let summary = Summary(run: run, records: records)
      #expect(summary.rows.count == 1)
      #expect(!summary.text.isEmpty)
      #expect(!summary.fullTable.csv.isEmpty)
      for (_, chart) in try Figures.charts(of: path) {
        #expect(!chart.svg.isEmpty)
        #expect(!chart.text().isEmpty)
        #expect(chart.bitmap.width > 0)
      }
    }
  }

  @Test(
    arguments: [
      [1e16, 1e16 + 2], [.leastNonzeroMagnitude, 0], [1e100, -1e100], [1e-200, 2e-200], [0, 0],
    ] as [[Double]])
  func axesOfExtremeValuesHaveMarks(values: [Double]) {
    let chart = chart(of: values)
    #expect(!chart.isEmpty)
    #expect(!chart.svg.isEmpty)
    #expect(!chart.text().isEmpty)
    #expect(chart.bitmap.height > 0)
  }

  @Test func pointsBeyondEveryAxisAreLeftOut() {
    #expect(chart(of: [1e308, -1e308, .nan]).isEmpty)
  }

  private func chart(of values: [Double]) -> Chart {
    var points: [Chart.Point] = []
    for (index, value) in values.enumerated() {
      points.append(Chart.Point(x: Double(index), y: value))
    }
    return Chart(
      title: "t", xLabel: "x", yLabel: "y", series: [Chart.Series(name: "a", points: points)])
  }
}
