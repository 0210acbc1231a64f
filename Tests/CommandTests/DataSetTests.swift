import Foundation
import TestSupport
import Testing

/// Data sets as they are published, damaged and empty, given to `eval`.
@Suite struct DataSetTests {
  private func evaluate(
    _ data: String, name: String = "data.json", in folder: String, _ more: [String] = []
  ) throws -> (outcome: Program.Outcome, losses: [Double]) {
    try Sample.write(data, to: folder + "/" + name)
    let path = folder + "/results-\(UUID().uuidString).jsonl"
    let outcome = try Program.run(
      [
        "eval", "ppl", "--data", folder + "/" + name, "--images", Sample.oracle + "/images",
        "--model", Sample.model, "--policy", "full", "--budget", "1", "-o", path,
      ] + more)
    // A run that fails early leaves no file.
    let isThere = FileManager.default.fileExists(atPath: path)
    let lines = isThere ? try Sample.text(of: path).split(separator: "\n").dropFirst() : []
    let losses = try lines.map { line -> Double in
      let object = try #require(
        JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      let loss = try #require(object["loss"] as? [String: Any])
      return try #require(loss["sum"] as? Double)
    }
    return (outcome, losses)
  }

  @Test func pairIsTheHumansQuestionAndTheAnswerAfterIt() throws {
    func conversation(_ before: String) -> String {
      """
      [{"image": "tiny.jpg", "conversations": [\(before)
        {"from": "human", "value": "<image>\\nHow many hearts are there?"},
        {"from": "gpt", "value": "There are three hearts."}]}]
      """
    }
    try withFolder { folder in
      let plain = try evaluate(conversation(""), in: folder).losses
      #expect(plain.count == 1)
      for speaker in ["gpt", "system"] {
        let more = try evaluate(
          conversation("{\"from\": \"\(speaker)\", \"value\": \"Welcome.\"},"), in: folder)
        #expect(more.losses == plain)
      }
    }
  }

  @Test func oneItemThatIsNotJSONLeavesTheOthers() throws {
    try withFolder { folder in
      let (outcome, losses) = try evaluate(
        """
        [{"image":"tiny.jpg","question":"How many hearts?","answer":"three"},
         {"image":"tiny.jpg","question":"What?","answer":"cut \\ud83d"}]
        """, in: folder)
      #expect(outcome.status == 0)
      #expect(losses.count == 1)
      #expect(outcome.errors.contains("item 1, field 'item': it is not JSON."))
    }
  }

  @Test func publishedFormsAreRead() throws {
    try withFolder { folder in
      let official = """
        {"v1_0": {"imagename": "tiny.jpg", "question": "How many?", "answer": "three",
                  "capability": ["rec"]},
         "v1_1": {"imagename": "tiny.jpg", "question": "What?", "answer": "ROAD"}}
        """
      #expect(try evaluate(official, in: folder).losses.count == 2)
      let questions = """
        {"question_id": 7, "image": "tiny.jpg", "text": "How many?", "answer": "three"}
        {"question_id": 8, "image": "tiny.jpg", "text": "What?", "answer": "ROAD"}
        """
      let lines = try evaluate(questions, name: "q.jsonl", in: folder)
      #expect(lines.losses.count == 2)
    }
  }

  @Test func nothingEvaluatedIsNoSuccess() throws {
    try withFolder { folder in
      let missing = try evaluate(
        """
        [{"image": "nowhere\\\\1.jpg", "question": "What?", "answer": "A boat."},
         {"image": "http://example.org/2.jpg", "question": "What?", "answer": "A boat."}]
        """, in: folder)
      #expect(missing.outcome.status == 66)
      #expect(missing.outcome.errors.contains("No sample of the data set"))
      #expect(missing.outcome.errors.contains("nowhere\\1.jpg"), "backslashes stay")
      let broken = try evaluate(
        "[{\"image\": \"../data/detail_tiny.json\", \"question\": \"q\", \"answer\": \"a\"}]",
        in: folder)
      #expect(broken.outcome.status == 65)
      let skipped = try evaluate(
        "[{\"image\": \"tiny.jpg\", \"question\": \"q\", \"answer\": \"a\"}]", in: folder,
        ["--skip", "1"])
      #expect(skipped.outcome.status == 64)
      #expect(skipped.outcome.errors.contains("--skip 1 leaves nothing"))
    }
  }

  @Test func bareDataSetNameLooksInTheFolderItLiesIn() throws {
    try withFolder { folder in
      try Sample.write(
        "[{\"image\": \"tiny.jpg\", \"question\": \"q\", \"answer\": \"a\"}]",
        to: folder + "/data.json")
      try FileManager.default.copyItem(
        atPath: Sample.oracle + "/images/tiny.jpg", toPath: folder + "/tiny.jpg")
      let outcome = try Program.shell(
        """
        cd "$2" && "$0" eval ppl --data data.json --model "$1" --policy full -o r.jsonl
        """, Sample.model, folder)
      #expect(outcome.status == 0, "\(outcome.errors)")
    }
  }
}
