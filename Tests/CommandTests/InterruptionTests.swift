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
      let process = Process()
      process.executableURL = URL(fileURLWithPath: Program.path)
      process.arguments = [
        "eval", "ppl", "--data", folder + "/data.jsonl", "--images", Sample.oracle + "/images",
        "--model", Sample.model, "--policy", "full", "-o", results,
      ]
      let (output, errors) = (Pipe(), Pipe())
      process.standardOutput = output
      process.standardError = errors
      try process.run()
      while process.isRunning,
        (try? Sample.text(of: results))?.split(separator: "\n").count ?? 0 < 3
      {
        Thread.sleep(forTimeInterval: 0.01)
      }
      process.interrupt()
      let table = String(
        decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      let sentences = String(
        decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
      #expect(process.terminationReason == .exit && process.terminationStatus == 130)
      #expect(sentences.contains("Continue with --resume."))
      #expect(table.hasPrefix("policy") && table.contains("full"))
      #expect(try Sample.text(of: results).split(separator: "\n").count < 2000)
    }
  }
}
