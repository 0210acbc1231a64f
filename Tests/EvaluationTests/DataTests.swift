@testable import Evaluation
import Foundation
import TestSupport
import Testing

@testable import Inference

@Suite struct DataTests {
  private func read(
    _ text: String, name: String = "data.json", needsAnswers: Bool = true, isStrict: Bool = false
  ) throws -> EvaluationData {
    try withFile(Array(text.utf8), name: name) { path in
      try EvaluationData.read(path: path, needsAnswers: needsAnswers, isStrict: isStrict)
    }
  }

  @Test func bothOracleFormsGiveTheSameQuestions() throws {
    let detail = try EvaluationData.read(path: Oracle.path("data/detail_tiny.json"))
    let vet = try EvaluationData.read(path: Oracle.path("data/mm-vet/mm-vet.json"))
    #expect(detail.form == .conversations && vet.form == .questions)
    #expect(detail.samples.count == 6 && vet.samples.count == 6)
    #expect(detail.problems.isEmpty && vet.problems.isEmpty)
    #expect(detail.samples[0].id == "landscape-q0")
    #expect(detail.samples[0].image == "images/landscape.jpg")
    #expect(detail.samples[0].question.hasPrefix("<image>\nWrite"))
    #expect(detail.samples[1].question.hasSuffix("\n<image>"))
    #expect(vet.samples[0].question == "Write a detailed description of the given image.\n<image>")
    #expect(zip(detail.samples, vet.samples).allSatisfy { $0.answer == $1.answer })
  }

  @Test(arguments: [String.Encoding.utf16, .utf16LittleEndian, .utf16BigEndian])
  func anotherEncodingIsNamedAsTheCause(encoding: String.Encoding) throws {
    let items = #"[{"image": "a.png", "question": "q", "answer": "a"}]"#
    try withFile(try #require(items.data(using: encoding)), name: "data.json") { path in
      #expect(throws: DataError.notUTF8(file: path)) { try EvaluationData.read(path: path) }
    }
  }

  @Test func jsonLinesAndReferenceFilesAreRead() throws {
    let lines = """
      {"image": "a.png", "question": "<image>\\nWhat?", "answer": "A", "kind": "colour", "id": 7}

      {"image": "b.png", "question": "Who?", "answer": "B"}
      """
    let data = try read(lines, name: "data.jsonl")
    #expect(data.samples.map(\.id) == ["7", "1"])
    #expect(data.samples.map(\.kind) == ["colour", nil])
    #expect(data.samples.map(\.question) == ["<image>\nWhat?", "Who?\n<image>"])
    let list = try read("\u{FEFF}" + #"[{"image": "a", "question": "q<image>", "answer": "x"}]"#)
    #expect(list.samples[0].question == "q<image>")
  }

  @Test func badItemsAreNamedAndLeftOut() throws {
    let text = """
      [{"image": "a", "question": "q", "answer": "x"},
       {"question": "q", "answer": "x"},
       {"image": 3, "question": "q", "answer": "x"},
       {"image": "a", "question": " ", "answer": "x"},
       {"image": "a", "question": "<image> <image>", "answer": "x"},
       {"image": "a", "question": "q"},
       {"image": "a", "conversations": [{"value": "q"}]},
       {"image": "a", "conversations": [{"value": "q"}, {"value": null}]},
       {"image": "a", "conversations": "q"},
       7, null]
      """
    let data = try read(text)
    #expect(data.samples.map(\.index) == [0])
    #expect(
      data.problems.map { "\($0.index) \($0.field): \($0.reason)" } == [
        "1 image: it is missing", "2 image: it is not a text", "3 question: it is empty",
        "4 question: it has 2 <image> marks; one is allowed", "5 answer: it is missing",
        "6 conversations: it has 1 turns; a question and an answer are needed",
        "7 conversations[1].value: it is missing", "8 conversations: it is missing or not a list",
        "9 item: it is not an object", "10 item: it is not an object",
      ])
    #expect(try read(text, needsAnswers: false).samples.map(\.index) == [0, 5, 6, 7])
    expectRefusal(DataError.self, says: ["item 1, field 'image': it is missing", "--strict"]) {
      try read(text, isStrict: true)
    }
    let broken = try read("{\"image\": \"a\", \"question\": \"q\", \"answer\": \"x\"}\n{broken\n")
    #expect(broken.problems.map(\.reason) == ["it is not JSON"])
  }

  @Test func itemsOfBothFormsFollowThePathAsTheReferenceDoes() throws {
    let text = """
      [{"image": "a", "question": "asked", "answer": "x",
        "conversations": [{"value": "said"}, {"value": "y"}]}]
      """
    #expect(try read(text, name: "detail.json").samples[0].answer == "y")
    #expect(try read(text, name: "mm-vet.json").samples[0].answer == "x")
  }

  @Test(arguments: [
    ("", "has no items"), ("[]", "has no items"), ("7", "has no items"),
    ("nonsense", "has no items"), ("{\"v1_0\": 1}", "No item"),
    ("[[[[", "it is not JSON"), ("[1]", "it is not an object"),
  ])
  func whatIsNoDataSetIsRefused(text: String, says: String) {
    expectRefusal(DataError.self, says: ["data.json", says]) { try read(text) }
  }

  @Test func aMissingFileIsNamed() throws {
    expectRefusal(DataError.self, says: ["'/nowhere/data.json'", "no such file"]) {
      try EvaluationData.read(path: "/nowhere/data.json")
    }
  }

  @Test func shardsAreReadFromTextAndEnvironment() throws {
    #expect(try Shard(parsing: "2/4") == Shard(2, of: 4))
    for text in ["0/4", "5/4", "1/0", "-1/2"] {
      #expect(throws: ShardError.outOfRange(text)) { try Shard(parsing: text) }
    }
    for count in [100_001, 1 << 32, .max] {
      #expect(throws: ShardError.tooMany(count)) { try Shard(parsing: "1/\(count)") }
    }
    for (variable, text) in [("SLURM_PROCID", "x"), ("PMI_SIZE", "9223372036854775808")] {
      let environment = ["SLURM_NTASKS": "2", "PMI_RANK": "1", variable: text]
      #expect(throws: ShardError.noNumber(variable: variable, text: text)) {
        try Shard.inEnvironment(environment)
      }
    }
    for text in ["", "2", "a/b", "1/2/3", "1 of 2"] {
      #expect(throws: ShardError.unreadable(text)) { try Shard(parsing: text) }
    }
    let environments: [([String: String], Shard?)] = [
      ([:], nil),
      (["OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "4"], try Shard(1, of: 4)),
      (["OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "1"], nil),
      (["PMI_RANK": "3", "PMI_SIZE": "4"], try Shard(4, of: 4)),
      (["SLURM_PROCID": "1", "SLURM_NTASKS": "2"], try Shard(2, of: 2)),
      (["SLURM_ARRAY_TASK_ID": "3", "SLURM_ARRAY_TASK_COUNT": "8"], try Shard(4, of: 8)),
      (
        [
          "SLURM_ARRAY_TASK_ID": "5", "SLURM_ARRAY_TASK_COUNT": "4", "SLURM_ARRAY_TASK_MIN": "1",
          "SLURM_ARRAY_TASK_STEP": "2",
        ], try Shard(3, of: 4)
      ),
    ]
    for (environment, expected) in environments {
      #expect(try Shard.inEnvironment(environment) == expected)
    }
  }

  @Test func partsOfAResultFileAreNamedByTheirNumber() throws {
    #expect(Shard.whole.path(of: "a/b.jsonl") == "a/b.jsonl")
    #expect(try Shard(2, of: 4).path(of: "a/b.jsonl") == "a/b.2-of-4.jsonl")
    #expect(try Shard(1, of: 2).path(of: "b") == "b.1-of-2.jsonl")
  }

  @Test func everySampleBelongsToExactlyOneShard() throws {
    for count in 1...5 {
      for sample in 0..<23 {
        let owners = try (1...count).filter { index in
          try Shard(index, of: count).owns(sample: sample)
        }
        #expect(owners.count == 1)
      }
    }
  }
}
