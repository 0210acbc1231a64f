import Foundation
import TestSupport
import Testing

/// What becomes of output: whole, or a sentence and a status.
@Suite struct OutputTests {
  private let ask = [
    "ask", "What is this?", "--image", Sample.picture, "--model", Sample.model, "--max-tokens", "3",
  ]

  @Test func answersOfSeveralQuestionsStandOnLinesOfTheirOwn() throws {
    let arguments = Array(ask.dropFirst(2))
    let outcome = try Program.run(["ask"] + arguments, input: "What is this?\r\n\nAnd that?")
    #expect(outcome.status == 0)
    #expect(outcome.errors == "")
    let single = try ["What is this?", "And that?"].map {
      try Program.run(["ask", $0] + arguments).output
    }
    #expect(outcome.output == single.joined())
    #expect(single.allSatisfy { $0.hasSuffix("\n") && $0.count > 1 })
  }

  @Test(
    "a full disk ends every command with 74 and a sentence",
    arguments: [
      "ask hi --model \"$1\" --max-tokens 2", "ask hi --model \"$1\" --max-tokens 2 --json",
      "inspect \"$1\"", "inspect \"$1\" --json", "plot \"$2\" --text", "plot \"$2\" -o \"$3\"",
      "eval merge \"$2\" -o \"$3/merged.jsonl\"", "--help", "--version",
    ])
  func fullDisk(command: String) throws {
    try withFolder { folder in
      let results = folder + "/results.jsonl"
      try Sample.write(Self.results, to: results)
      let outcome = try Program.shell(
        "\"$0\" \(command) > /dev/full", Sample.model, results, folder)
      #expect(outcome.status == 74)
      #expect(
        outcome.errors.hasSuffix(
          "prefixkv: '/dev/stdout' cannot be written: no space left on device.\n"),
        "\(outcome.errors)")
    }
  }

  @Test func closedOutputIsNoTrapAndNoSuccess() throws {
    let outcome = try Program.shell("\"$0\" inspect \"$1\" >&-", Sample.model)
    #expect(outcome.status == 74)
    #expect(outcome.lines.count == 1 && outcome.errors.contains("bad file descriptor"))
  }

  @Test func closedPipeEndsWithoutAWord() throws {
    for arguments in [ask, ["inspect", Sample.model], ["--help"]] {
      let outcome = try Program.run(arguments, hasReader: false)
      #expect(outcome.status == 141)
      #expect(outcome.errors == "")
    }
  }

  @Test func pictureFromAPipeIsThatOfTheFile() throws {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: Sample.picture))
    var piped = ask
    piped[3] = "-"
    let outcome = try Program.run(piped, input: bytes)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(try outcome.output == Program.run(ask).output)
  }

  @Test func closedInputIsNoQuestion() throws {
    let outcome = try Program.shell("\"$0\" ask --model \"$1\" <&-", Sample.model)
    #expect(outcome.status == 66)
    #expect(outcome.errors == "prefixkv: '/dev/stdin' cannot be read: bad file descriptor.\n")
    let empty = try Program.run(["ask", "--model", Sample.model])
    #expect(empty.status == 65)
    #expect(
      empty.errors.hasPrefix("prefixkv: Standard input holds no question. "), "\(empty.errors)")
  }

  @Test func whatAnAnswerDoesNotShowIsSaidOnce() throws {
    func lines(_ arguments: [String], _ input: String) throws -> [Substring] {
      let outcome = try Program.run(
        ["ask", "--model", Sample.model, "--max-tokens", "2"] + arguments, input: input)
      #expect(outcome.status == 0, "\(outcome.errors)")
      return outcome.errors.split(separator: "\n")
    }
    let noPicture = "No picture is given, so the answer is about none. --image FILE gives one."
    #expect(try lines([], "Hm?\nWhy?\n").filter { $0 == noPicture }.count == 1)
    #expect(try lines(["Hm?"], "") == [Substring(noPicture)])
    let picture = ["Hm?", "--image", Sample.picture]
    #expect(try lines(picture, "") == [])
    #expect(
      try lines(["--image", Sample.picture, "--policy", "full", "--budget", "20%"], "Hm?\nWhy?\n")
        == ["The policy full keeps every entry, so the budget has no effect."])
    let least = try lines(picture + ["--budget", "1B"], "")
    #expect(least.count == 1 && least[0].contains("The least, "), "\(least)")
    #expect(
      try lines(picture + ["--tiles", "2"], "")
        == ["The model looks at a picture in one tile, so another number of tiles changes nothing."]
    )
  }

  @Test func resultFilesStayCleanWithoutDescriptors() throws {
    try withFolder { folder in
      let outcome = try Program.shell(
        """
        "$0" eval ppl --data "$1/data/detail_tiny.json" --images "$1" --model "$2" --samples 2 \
        --policy full --budget 1 -o "$3/r.jsonl" <&- >&- 2>&-
        """, Sample.oracle, Sample.model, folder)
      #expect(outcome.status == 74)
      let lines = try Sample.text(of: folder + "/r.jsonl").split(separator: "\n")
      #expect(lines.count == 3)
      #expect(lines.allSatisfy { $0.hasPrefix("{") && $0.hasSuffix("}") })
    }
  }

  @Test func outputOptionWritesAFileAndNothingElse() throws {
    try withFolder { folder in
      let path = folder + "/answer.txt"
      let shown = try Program.run(ask)
      let written = try Program.run(ask + ["-o", path])
      #expect(written.status == 0)
      #expect(written.output == "")
      #expect(try Sample.text(of: path) == shown.output)
      let missing = try Program.run(ask + ["-o", folder + "/none/answer.txt"])
      #expect(missing.status == 73)
      #expect(missing.lines.count == 1 && missing.errors.contains("cannot be created"))
    }
  }

  @Test func modelNamesAreShownWithoutTheirControlCharacters() throws {
    try withFolder { folder in
      let model = folder + "/e\u{1B}[31mz"
      try FileManager.default.copyItem(atPath: Sample.model, toPath: model)
      let outcome = try Program.run(["bench", "--model", model, "--depths", "0", "--prefill", "1"])
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.output.contains("e␛[31mz") && !outcome.output.contains("\u{1B}"))
    }
  }

  @Test func continuingNeverDestroysAnotherFile() throws {
    try withFolder { folder in
      let path = folder + "/notes.txt"
      for text in ["my notes, without a line feed", "one\ntwo", "{\"a\": 1}\nhalf", "{\"argum"] {
        try Sample.write(text, to: path)
        let outcome = try Program.run([
          "eval", "ppl", "--data", Sample.oracle + "/data/detail_tiny.json", "--images",
          Sample.oracle, "--model", Sample.model, "--samples", "1", "--policy", "full", "--resume",
          "-o", path,
        ])
        let isBeginning = "{\"arguments\":[".hasPrefix(text)
        #expect(outcome.status == (isBeginning ? 0 : 65), "\(text)")
        #expect(try (Sample.text(of: path) == text) == !isBeginning, "\(text)")
      }
    }
  }

  /// A result file as version 0.1.0 wrote it, with keys in camelCase.
  static let results = """
    {"arguments":[],"budgets":[0.5],"data":"d","dataDigest":"0","instructionSet":"i","measure":\
    "perplexity","model":"m","modelDigests":{"a_b.gguf":"0"},"name":"n","policies":["local"],\
    "positions":"true","protocolName":"prefixkv","samples":1,"shard":{"count":1,"index":1},\
    "template":"t","version":"0.1.0"}
    {"budget":0.5,"cacheBytes":1,"fullBytes":2,"id":"0","index":0,"kind":"a\\u001b[31m\\nb",\
    "keptLengths":[1,2],"loss":{"sum":1,"tokens":1},"policy":"local","prefillSeconds":0,\
    "promptTokens":3,"seconds":0,"terms":[1]}

    """

  @Test func controlCharactersOfResultsAreShownAndNotSent() throws {
    try withFolder { folder in
      try Sample.write(Self.results, to: folder + "/a.jsonl")
      let outcome = try Program.run([
        "eval", "merge", folder + "/a.jsonl", "-o", folder + "/b.jsonl",
      ])
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.output.contains("a␛[31m␊b"))
      let summaries = try ["txt", "csv", "md"].map { try Sample.text(of: folder + "/b." + $0) }
      for text in [outcome.output] + summaries {
        #expect(!text.contains("\u{1B}"))
      }
      let lines = try Sample.text(of: folder + "/b.jsonl").split(separator: "\n")
      #expect(lines[0].contains("\"a_b.gguf\"") && lines[1].contains("\"kept_lengths\""))
    }
  }

  @Test func convertedPairStandsAloneAndOpenDescriptorsAreWritten() throws {
    try withFolder { folder in
      let outcome = try Program.run([
        "convert", Sample.model, "--type", "f16", "-o", folder + "/m.gguf",
      ])
      #expect(outcome.status == 0)
      let names = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(names.sorted() == ["m.gguf", "mmproj-m.gguf"])
      // The shell's own descriptor, by its name: what stood in the file before stays.
      try Sample.write("before\n", to: folder + "/log")
      let appended = try Program.shell(
        "\"$0\" inspect \"$1\" -o /proc/self/fd/1 >> \"$2/log\"", Sample.model, folder)
      #expect(appended.status == 0, "\(appended.errors)")
      let shown = try Program.run(["inspect", Sample.model]).output
      #expect(try Sample.text(of: folder + "/log") == "before\n" + shown)
    }
  }

  /// Figures of one file do not replace those of another.
  @Test func filesOfOneNameAreNotPlottedTogether() throws {
    let outcome = try Program.run(["plot", "a/eval-table.jsonl", "b/eval-table.jsonl"])
    #expect(outcome.status == 64)
    #expect(outcome.errors.contains("more than one is called 'eval-table'"), "\(outcome.errors)")
  }
}
