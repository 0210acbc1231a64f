import Foundation
import Plot
import TestSupport
import Testing

@testable import Evaluation

/// Files that the program wrote, with every number in turn replaced by one that no run writes: each is
/// refused in a sentence, or everything that is made of it can be made.
@Suite struct ExtremeNumberTests {
  private static let folder = Oracle.repository + "/Tests/Fuzz/corpus"

  private func text(_ name: String) throws -> String {
    String(decoding: try Oracle.bytes(Self.folder + "/" + name), as: UTF8.self)
  }

  @Test(arguments: ["result/table.jsonl", "result/profile.jsonl"])
  func resultFilesAreRefusedOrSummedUp(name: String) throws {
    let whole = try text(name)
    try withFile(whole.utf8, name: "r.jsonl") { path in
      let (run, records) = try ResultFile.read(path: path)
      #expect(!records.isEmpty && !Summary(run: run, records: records).text.isEmpty)
    }
    var (refused, read) = (0, 0)
    for changed in replacingNumbers(in: whole, count: whole.utf8.count > 10_000 ? 1 : 4) {
      try withFile(changed.utf8, name: "r.jsonl") { path in
        do {
          let (run, records) = try ResultFile.read(path: path)
          let summary = Summary(run: run, records: records)
          _ = (summary.text, summary.markdown, summary.fullTable.csv)
          if run.measure == .profile { _ = Profile(run: run, records: records).report.table.text }
          _ = try ResultFile.merge(paths: [path])
          read += 1
        } catch is ResultError {
          refused += 1
        }
      }
    }
    #expect(refused > 10 && read > 10, "\(refused) refused, \(read) read")
  }

  @Test func profilesAreRefusedOrDrawn() throws {
    var read = 0
    for changed in replacingNumbers(in: try text("profile/profile.json"), count: 1) {
      try withFile(changed.utf8, name: "profile.json") { path in
        do {
          guard let report = try ProfileReport.read(path: path) else { return }
          _ = (report.table.text, report.layerChart.svg, report.lorenzChart.text())
          read += 1
        } catch is ResultError {}
      }
    }
    #expect(read > 10)
  }

  @Test func dataSetsAreRefusedOrRead() throws {
    let items = """
      [{"id": 1, "image": "a", "conversations": [{"from": "human", "value": "q"},
        {"from": "gpt", "value": "x"}]}, {"question_id": 2, "image": "b", "text": "q", "answer": "y"}]
      """
    var read = 0
    for changed in replacingNumbers(in: items, count: extremeNumbers.count) {
      try withFile(changed.utf8, name: "data.json") { path in
        do {
          let data = try EvaluationData.read(path: path)
          #expect(data.samples.count + data.problems.count == 2)
          read += 1
        } catch is DataError {}
      }
    }
    #expect(read > 0)
  }
}
