import Foundation
import TestSupport
import Testing

/// Every JSON document that the program writes is as docs/schema says.
@Suite struct SchemaTests {
  @Test(
    "documents on stdout follow their schemas",
    arguments: [
      ("ask", ["ask", "Hm?", "--max-tokens", "3", "--json", "--model", Sample.model]),
      (
        "ask",
        [
          "ask", "Hm?", "--image", Sample.picture, "--max-tokens", "3", "--json", "--policy",
          "local", "--model", Sample.model,
        ]
      ),
      (
        "ask-compare",
        [
          "ask", "Hm?", "--image", Sample.picture, "--max-tokens", "3", "--json", "--compare",
          "100%,50%,20%", "--model", Sample.model,
        ]
      ),
      ("inspect", ["inspect", Sample.model, "--json"]),
      ("doctor", ["doctor", "--threads", "1", "--json"]),
      (
        "bench",
        [
          "bench", "--json", "--depths", "0", "--prefill", "8", "--threads", "1", "--model",
          Sample.model,
        ]
      ),
    ])
  func documents(name: String, arguments: [String]) throws {
    let outcome = try Program.run(arguments)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(try Schema(name).problems(of: outcome.output) == [])
  }

  @Test func resultFilesAndProfilesFollowTheirSchemas() throws {
    try withFolder { folder in
      let common = [
        "--data", Sample.oracle + "/data/detail_tiny.json", "--images", Sample.oracle, "--model",
        Sample.model, "--samples", "2", "--skip", "1", "--budget", "0.5",
      ]
      let runs = [
        ["eval", "table", "--policy", "full", "local", "--max-tokens", "4"]
          + ["-o", folder + "/table.jsonl"],
        ["eval", "ppl", "--policy", "local", "--budget", "60tok", "-o", folder + "/ppl.jsonl"],
        ["profile", "-o", folder + "/profile"],
      ]
      for run in runs {
        let outcome = try Program.run(run + common)
        #expect(outcome.status == 0, "\(outcome.errors)")
      }
      let (first, line) = (try Schema("result-run"), try Schema("result-line"))
      for name in ["table.jsonl", "ppl.jsonl", "profile/profile.jsonl"] {
        let lines = try Sample.text(of: folder + "/" + name).split(separator: "\n")
        #expect(lines.count > 2)
        #expect(try first.problems(of: String(lines[0])) == [])
        for text in lines.dropFirst() { #expect(try line.problems(of: String(text)) == []) }
      }
      let profile = try Sample.text(of: folder + "/profile/profile.json")
      #expect(try Schema("profile").problems(of: profile) == [])
    }
  }

  @Test func schemaFindsWhatIsWrong() throws {
    let schema = try Schema("result-run")
    #expect(try schema.problems(of: "[]").count == 1)
    let problems = try schema.problems(
      of: #"{"samples": -1, "measure": "speed", "shard": {"index": true}, "more": 1}"#)
    for text in [
      "$.samples: -1.0 is below", "$.measure: speed is none", "$.shard.index", "more is not",
      "data_digest is missing", "$.shard: count is missing",
    ] {
      #expect(problems.contains { $0.contains(text) }, "\(text)")
    }
  }
}
