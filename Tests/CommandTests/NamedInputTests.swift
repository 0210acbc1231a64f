import Foundation
import TestSupport
import Testing

/// Every option and argument that names something to read: what is not there ends with 66, what is
/// there and of no use with 65.
@Suite struct NamedInputTests {
  private static let missing = "/nowhere/at-all"

  /// `FILE` stands for the input, `OUT` for a path in an empty folder, `DATA` for a data set, `MODEL`
  /// and `PICTURE` for ones that can be read.
  private static let inputs = [
    "ask Hm? --image FILE --model MODEL",
    "ask Hm? --model FILE",
    "ask Hm? --model GGUF --mmproj FILE",
    "ask Hm? --policy prefixkv:FILE --model MODEL",
    "trace Hm? --image FILE --model MODEL -o OUT",
    "trace Hm? --image PICTURE --model FILE -o OUT",
    "trace Hm? --image PICTURE --model MODEL --policy prefixkv:FILE -o OUT",
    "chat --plain --policy prefixkv:FILE --model MODEL",
    "eval ppl --data FILE --model MODEL -o OUT",
    "eval ppl --data DATA --model FILE -o OUT",
    "eval table --data DATA --model MODEL --policy prefixkv:FILE -o OUT",
    "eval rouge --data FILE --model MODEL -o OUT",
    "eval reference --data FILE --model MODEL --references OUT.json -o OUT",
    "eval merge FILE -o OUT",
    "profile --data FILE --model MODEL -o OUT",
    "plot FILE -o OUT",
    "plot FILE --text",
    "plot FILE --frontier",
    "inspect FILE",
    "bench --model FILE",
    "convert FILE -o OUT",
  ]

  private func run(_ command: String, input: String, folder: String) throws -> Program.Outcome {
    let words = command.split(separator: " ").map { word in
      [
        ("FILE", input), ("OUT", folder + "/out"), ("MODEL", Sample.model),
        ("GGUF", Sample.models + "/tiny-mha/gguf/tiny-mha-q8_0.gguf"),
        ("PICTURE", Sample.picture), ("DATA", Sample.oracle + "/data/detail_tiny.json"),
      ].reduce(String(word)) { $0.replacing($1.0, with: $1.1) }
    }
    return try Program.run(words)
  }

  @Test("what is not there ends with 66 and its name", arguments: inputs)
  func missing(command: String) throws {
    try withFolder { folder in
      let outcome = try run(command, input: Self.missing, folder: folder)
      #expect(outcome.status == 66, "\(outcome.errors)")
      #expect(outcome.lines.count == 1, "\(outcome.errors)")
      #expect(outcome.errors.contains(Self.missing), "\(outcome.errors)")
      #expect(outcome.output.isEmpty)
    }
  }

  @Test("what is of no use ends with 65 and its name", arguments: inputs)
  func useless(command: String) throws {
    try withFolder { folder in
      let path = folder + "/useless.json"
      try Sample.write("neither a picture nor anything else\n", to: path)
      let outcome = try run(command, input: path, folder: folder)
      #expect(outcome.status == 65, "\(outcome.errors)")
      #expect(outcome.lines.count == 1, "\(outcome.errors)")
      #expect(outcome.errors.contains("useless.json"), "\(outcome.errors)")
      #expect(outcome.output.isEmpty)
    }
  }

  @Test("a folder without what is looked for ends with 66 or 65 and a sentence", arguments: inputs)
  func emptyFolder(command: String) throws {
    try withFolder { folder in
      let path = folder + "/empty"
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
      let outcome = try run(command, input: path, folder: folder)
      #expect([65, 66].contains(outcome.status), "\(outcome.errors)")
      #expect(outcome.lines.count == 1, "\(outcome.errors)")
    }
  }

  @Test("a link that leads nowhere is named with its target", arguments: inputs)
  func brokenLink(command: String) throws {
    try withFolder { folder in
      let path = folder + "/link"
      try FileManager.default.createSymbolicLink(
        atPath: path, withDestinationPath: folder + "/gone")
      let outcome = try run(command, input: path, folder: folder)
      #expect(outcome.status == 66, "\(outcome.errors)")
      #expect(outcome.lines.count == 1, "\(outcome.errors)")
      #expect(outcome.errors.contains("is a link to '\(folder)/gone'"), "\(outcome.errors)")
    }
  }

  /// A picture that the question names is read, or the question is not answered.
  @Test func aPictureInTheQuestionIsNeverPassedOver() throws {
    for (question, status) in [
      ("nothere.jpg how many?", 66), ("How many in `w/nothere.jpg`?", 66),
      ("How many in “nothere.jpg”?", 66), ("/image nothere.jpg", 66),
      ("/image nothere.jpg how many?", 66), ("/image \(Sample.picture)", 64),
    ] {
      let outcome = try Program.run(["ask", question, "--model", Sample.model])
      #expect(outcome.status == Int32(status), "\(question): \(outcome.errors)")
      #expect(outcome.lines.count == 1 && outcome.output.isEmpty, "\(question)")
    }
    func answer(_ arguments: String...) throws -> String {
      try Program.run(["ask", "--model", Sample.model, "--max-tokens", "3"] + arguments).output
    }
    let expected = try answer("How many?", "--image", Sample.picture)
    for question in [
      "\(Sample.picture): How many?", "“\(Sample.picture)” How many?",
      "/image \(Sample.picture) How many?", "picture=\(Sample.picture) How many?",
    ] {
      #expect(try answer(question) == expected, "\(question)")
    }
  }

  /// A piped chat meets its model and its picture after it has begun.
  @Test func aPipedChatEndsWithTheSameStatuses() throws {
    for (arguments, status) in [
      (["--model", Self.missing], 66), (["--model", #filePath], 65),
      (["--model", Sample.model, "--image", Self.missing], 66),
      (["--model", Sample.model, "--image", #filePath], 65),
    ] {
      let outcome = try Program.run(["chat"] + arguments)
      #expect(outcome.status == Int32(status), "\(outcome.errors)")
      #expect(outcome.errors.contains(arguments.last ?? ""), "\(outcome.errors)")
    }
    for (line, status) in [
      ("/image \(Self.missing)", 66), ("/image \(#filePath) What is this?", 65),
      ("Compare \(Sample.picture) and \(Sample.oracle)/images/tiny.jpg", 64),
      ("/image https://example.org/a.png", 66), ("What is \(Self.missing).png?", 66),
    ] {
      let outcome = try Program.run(["chat", "--model", Sample.model], input: line + "\nHm?\n")
      #expect(outcome.status == Int32(status), "\(line): \(outcome.errors)")
      #expect(outcome.output.isEmpty, "\(line)")
    }
  }

  @Test func aPictureThatADataSetNamesAndNobodyHasEndsWith66() throws {
    try withFolder { folder in
      let data = folder + "/data.json"
      try Sample.write(#"[{"image": "none.png", "question": "Hm?", "answer": "A."}]"#, to: data)
      for strict in [[], ["--strict"]] {
        let outcome = try Program.run(
          ["eval", "ppl", "--data", data, "--model", Sample.model]
            + ["-o", "\(folder)/\(strict.count).jsonl"] + strict)
        #expect(outcome.status == 66, "\(outcome.errors)")
      }
    }
  }

  @Test func onlyAChatAdvisesANewConversation() throws {
    let long = String(repeating: "word ", count: 4000)
    let ask = try Program.run(["ask", long, "--model", Sample.model])
    #expect(ask.status == 65)
    #expect(ask.errors.contains("A shorter question needs fewer."), "\(ask.errors)")
    #expect(!ask.errors.contains("new conversation"), "\(ask.errors)")
    let chat = try Program.run(["chat", "--plain", "--model", Sample.model], input: long + "\n")
    #expect((chat.output + chat.errors).contains("So does a new conversation: /clear."))
  }

  @Test func theAdviceOfAHeadlessCommandIsAnOption() throws {
    let outcome = try Program.run(["ask", "Hm?"], environment: ["PREFIXKV_ASSETS": Self.missing])
    #expect(outcome.status == 66)
    #expect(outcome.errors.contains("choose another with --model PATH."))
    #expect(!outcome.errors.contains("/model PATH"))
    let chat = try Program.run(["chat"], environment: ["PREFIXKV_ASSETS": Self.missing])
    #expect(chat.status == 66)
    #expect(chat.errors.contains("load another with /model PATH."))
    #expect(!chat.errors.contains("--model"))
  }
}
