import Foundation
import TestSupport
import Testing

@Suite struct InterruptionTests {
  /// Ctrl+C in the middle of an evaluation: the samples so far, a table of them, and 130.
  @Test func interruptedEvaluationKeepsWhatIsFinished() throws {
    try withFolder { folder in
      let item = #"{"image": "tiny.jpg", "question": "What?", "answer": "A boat on the sea."}"#
      try Sample.write(
        [String](repeating: item + "\n", count: 2000).joined(), to: folder + "/data.jsonl")
      let results = folder + "/results.jsonl"
      let arguments = [
        "eval", "ppl", "--data", folder + "/data.jsonl", "--images", Sample.oracle + "/images",
        "--model", Sample.model, "--policy", "full", "-o", results,
      ]
      let outcome = try Program.run(arguments, signal: SIGINT) {
        guard FileManager.default.fileExists(atPath: results) else { return false }
        return try Sample.text(of: results).split(separator: "\n").count >= 3
      }
      #expect(outcome.status == 130)
      #expect(outcome.errors.contains("Continue with --resume."))
      #expect(outcome.output.hasPrefix("policy") && outcome.output.contains("full"))
      let lines = try Sample.text(of: results).split(separator: "\n").count
      #expect(3..<2000 ~= lines, "\(lines) lines")
    }
  }
}
