import Foundation
import TestSupport
import Testing

/// The program as a shell sees it: arguments, streams, exit status.
@Suite struct CommandTests {
  @Test func answerIsOneJSONObjectWithEveryField() throws {
    let outcome = try Program.run([
      "ask", "What is this?", "--image", Sample.picture, "--model", Sample.model, "--budget", "30%",
      "--max-tokens", "8", "--json",
    ])
    #expect(outcome.status == 0)
    let object = try #require(
      JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    let expected: Set = [
      "answer", "model", "policy", "budget", "prompt_tokens", "image_tokens", "generated_tokens",
      "layers", "kv_bytes", "kv_bytes_full", "ttft_seconds", "decode_tokens_per_second",
      "question", "image", "template", "template_reason", "finish_reason", "threshold",
      "look_ahead",
    ]
    #expect(Set(object.keys) == expected)
    #expect(object["image_tokens"] as? Int == 64)
    let layers = try #require(object["layers"] as? [[String: Int]])
    #expect(layers.count == 6)
    #expect(layers.allSatisfy { $0["retained"]! < $0["seen"]! })
  }

  /// As in the chat, a path anywhere in a question is the picture that it is about.
  @Test func aPathInAQuestionIsItsPicture() throws {
    func ask(_ question: String, _ more: [String] = []) throws -> Program.Outcome {
      try Program.run(
        ["ask", question, "--model", Sample.model, "--max-tokens", "2", "--json"] + more)
    }
    for question in [
      "\(Sample.picture) what is this?", "What is '\(Sample.picture)'?",
      "What is this? file://\(Sample.picture)",
    ] {
      let outcome = try ask(question)
      #expect(outcome.output.contains("\"image_tokens\":64"), "\(question): \(outcome.errors)")
      #expect(!outcome.output.contains("\"question\":\"\(question)"), "the path is no word")
    }
    let several = try ask("\(Sample.picture) or \(Sample.oracle)/images/tiny.jpg?")
    #expect(several.status == 64 && several.errors.contains("names several pictures"))
    let second = try ask("What is \(Sample.picture)?", ["--image", Sample.picture])
    #expect(second.status == 64 && second.errors.contains("about one picture"))
    let alone = try ask(Sample.picture)
    #expect(alone.status == 64 && alone.errors.contains("Write behind it"))
    let missing = try ask("What is /nowhere/cat.jpg?")
    #expect(missing.status == 66 && missing.errors.contains("/nowhere/cat.jpg"))
    #expect(try ask("1/2 or 3/4?").output.contains("\"image_tokens\":0"))
  }

  @Test func linesOfStandardInputNameTheirOwnPictures() throws {
    let outcome = try Program.run(
      ["ask", "--model", Sample.model, "--max-tokens", "2", "--json"],
      input: "What is \(Sample.picture)?\nAnd without one?\n")
    let tokens = outcome.output.split(separator: "\n").map { $0.contains("\"image_tokens\":64") }
    #expect(tokens == [true, false], "\(outcome.errors)")
  }

  @Test func eachLineOfStandardInputIsAQuestion() throws {
    let outcome = try Program.run(
      ["ask", "--image", Sample.picture, "--model", Sample.model, "--max-tokens", "4", "--json"],
      input: "What is this?\n\nAnd that?\n")
    #expect(outcome.status == 0)
    #expect(outcome.output.split(separator: "\n").count == 2)
  }

  /// Whatever the model says, an answer to a line is a line, and nothing in it steers a terminal.
  @Test func answersToLinesAreLines() throws {
    let arguments = [
      "ask", "--model", Sample.model, "--temperature", "1000", "--seed", "4", "--max-tokens", "200",
    ]
    let questions = "What is this?\nAnd that?\n"
    let json = try Program.run(arguments + ["--json"], input: questions).output
    let answers = try json.split(separator: "\n").map { line in
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      return try #require(object?["answer"] as? String)
    }
    let scalars = answers.joined().unicodeScalars
    #expect(scalars.contains("\n") && scalars.contains { $0.value < 32 && $0 != "\n" })
    let outcome = try Program.run(arguments, input: questions)
    let lines = outcome.output.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count == 3 && lines.last == "", "\(outcome.output)")
    for (line, answer) in zip(lines, answers) {
      #expect(
        line.unicodeScalars.count { $0 == "\u{240A}" } == answer.unicodeScalars.count { $0 == "\n" }
      )
      #expect(line.unicodeScalars.count == answer.unicodeScalars.count)
      #expect(!line.unicodeScalars.contains { $0.value < 32 || 0x7F...0x9F ~= $0.value })
    }
    // A single answer keeps its line breaks: nothing follows it.
    let single = try Program.run(arguments + ["What is this?"]).output
    #expect(
      single.unicodeScalars.count { $0 == "\n" } == answers[0].unicodeScalars.count { $0 == "\n" }
        + 1)
  }

  @Test func theSameSeedGivesTheSameAnswer() throws {
    func answer(_ seed: String) throws -> String {
      try Program.run([
        "ask", "What is this?", "--image", Sample.picture, "--model", Sample.model, "--max-tokens",
        "8",
        "--temperature", "1", "--seed", seed,
      ]).output
    }
    #expect(try answer("1") == answer("1"))
    #expect(try answer("1") != answer("2"))
  }

  @Test(
    "a mistake ends with its exit status and one sentence",
    arguments: [
      (["ask", "Hm?", "--image", "/nowhere.png"], Int32(66), "/nowhere.png"),
      (["ask", "Hm?", "--model", "/nowhere"], 66, "/nowhere"),
      (["ask", "Hm?", "--budget", "3"], 64, "outside (0, 1]"),
      (["ask", "Hm?", "--policy", "best"], 64, "prefixkv"),
      (["ask", "Hm?", "--temperature=-1"], 64, "temperature of -1"),
      (["chat", "--plain", "--top-p", "2"], 64, "outside (0, 1]"),
      (
        ["chat", "--plain", "--template", "hf", "--system", "Hm.", "--model", Sample.model], 64,
        "hf"
      ),
      (
        ["trace", "Hm?", "--image", "x.png", "--output", "x", "--quantize", "q8_0"], 64,
        "--precision stored"
      ),
      (["inspect", #filePath], 65, "CommandTests.swift"),
    ])
  func mistakeEndsWithItsStatus(arguments: [String], status: Int32, quoted: String) throws {
    let outcome = try Program.run(arguments)
    #expect(outcome.status == status)
    #expect(outcome.errors.contains(quoted), "\(outcome.errors)")
    #expect(outcome.output.isEmpty)
  }

  @Test func aPictureIsFoundFromTheHomeFolder() throws {
    try withFolder { home in
      try FileManager.default.copyItem(
        atPath: Oracle.path("images/tiny.jpg"), toPath: home + "/cat.jpg")
      let outcome = try Program.run(
        ["ask", "Hm?", "--image", "~/cat.jpg", "--model", Sample.model, "--max-tokens", "1"],
        environment: ["HOME": home])
      #expect(outcome.status == 0, "\(outcome.errors)")
    }
  }

  @Test(
    "trace writes every name for every layout",
    arguments: [
      "tiny-mha/hf", "tiny-mha/llava-v1.5-tiny-mha", "tiny-gqa/gguf/tiny-gqa-q8_0.gguf",
      "tiny-mha/gguf/tiny-mha-q4_0.gguf",
    ])
  func traceWritesEveryName(layout: String) throws {
    let temporary = try TemporaryFolder()
    let path = temporary.path + "/trace.safetensors"
    let outcome = try Program.run([
      "trace", "What is this?", "--image", Sample.picture, "--model", Sample.models + "/" + layout,
      "--budget", "0.5", "--answer", "A boat.", "--output", path,
    ])
    #expect(outcome.status == 0, "\(outcome.errors)")
    let file = try Data(contentsOf: URL(fileURLWithPath: path))
    let length = Int(file.prefix(8).enumerated().reduce(0) { $0 + UInt64($1.1) << (8 * $1.0) })
    let header = try #require(
      JSONSerialization.jsonObject(with: file.dropFirst(8).prefix(length)) as? [String: Any])
    for name in [
      "pixel_values", "features", "projected", "ids", "scores", "logits", "kept_len", "kept.0",
      "threshold", "nll", "greedy", "final_len",
    ] {
      #expect(header[name] != nil, "\(name)")
    }
  }

  /// A folder whose first chat template is unknown, with a known one behind it, and further ends.
  @Test func whatCountsForAnswersIsSaid() throws {
    try withFolder { folder in
      for name in try FileManager.default.contentsOfDirectory(atPath: Sample.model) {
        try FileManager.default.createSymbolicLink(
          atPath: folder + "/" + name, withDestinationPath: Sample.model + "/" + name)
      }
      try FileManager.default.removeItem(atPath: folder + "/chat_template.json")
      try Sample.write(
        #"{"chat_template": "{{ '<start_of_turn>' }}"}"#, to: folder + "/chat_template.json")
      let known = try JSONDecoder().decode(
        [String: String].self,
        from: Data(contentsOf: URL(fileURLWithPath: Sample.model + "/chat_template.json")))
      try Sample.write(try #require(known["chat_template"]), to: folder + "/chat_template.jinja")
      try FileManager.default.removeItem(atPath: folder + "/generation_config.json")
      try Sample.write(
        #"{"eos_token_id": [2, 5, 9]}"#, to: folder + "/generation_config.json")
      let inspected = try Program.run(["inspect", folder])
      #expect(inspected.output.contains("the one in chat_template.json is unknown"))
      #expect(inspected.output.contains("answers end   at </s> (2), "), "\(inspected.output)")
      #expect(inspected.output.contains(" (5), ") && inspected.output.contains(" (9)\n"))
      let json = try Program.run(["inspect", folder, "--json"])
      let object = try #require(
        JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
      let ends = try #require(object["end_tokens"] as? [[String: Any]])
      #expect(ends.map { $0["id"] as? Int } == [2, 5, 9])
      #expect(object["stops"] as? [String] == ends.compactMap { $0["text"] as? String })
      let answer = try Program.run(["ask", "Hm?", "--model", folder, "--max-tokens", "1"])
      #expect(
        answer.errors.contains(
          "The chat template in chat_template.json is unknown, so questions are written as in "))
      let written = try Program.run(["convert", folder, "-o", folder + "/text.gguf"])
      #expect(
        written.errors.contains("The chat template in chat_template.json is unknown, so that of"),
        "\(written.errors)")
    }
  }

  @Test func inspectPrintsArchitectureAndMemory() throws {
    let outcome = try Program.run(["inspect", Sample.models + "/tiny-gqa/hf"])
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("LLaMA, 5 layers"))
    #expect(outcome.output.contains("cache f16"))
  }

  @Test func convertedModelGivesTheSameAnswer() throws {
    let temporary = try TemporaryFolder()
    let path = temporary.path + "/model.gguf"
    #expect(
      try Program.run(["convert", Sample.model, "--type", "f16", "--output", path]).status == 0)
    // Through `trace`, which says which template: a GGUF file of this model names none.
    func trace(_ model: String) throws -> Data {
      let output = temporary.path + "/trace.safetensors"
      let outcome = try Program.run([
        "trace", "What is this?", "--image", Sample.picture, "--model", model, "--template",
        "vicuna_v1", "--steps", "8", "--output", output,
      ])
      #expect(outcome.status == 0, "\(outcome.errors)")
      return try Data(contentsOf: URL(fileURLWithPath: output))
    }
    // F16 holds every weight of this model exactly.
    #expect(try trace(path) == trace(Sample.model))
  }

  @Test func chatOnAPipeSpeaksInLines() throws {
    let outcome = try Program.run(
      ["chat", "--model", Sample.model, "--image", Sample.picture],
      input: "/budget 30%\nWhat is this?\n/quit\n")
    #expect(outcome.status == 0)
    #expect(!outcome.output.isEmpty)
    #expect(!(outcome.output + outcome.errors).contains("\u{1B}"), "no control sequences")
  }

  /// From estimation in two parts to a table with the estimate beside the search.
  @Test func profilesOfPartsBecomeConfigurationsThatATableUses() throws {
    let temporary = try TemporaryFolder()
    let folder = temporary.path
    let oracle = Sample.oracle
    let common =
      ["--data", oracle + "/data/detail_tiny.json", "--images", oracle]
      + ["--model", Sample.model, "--samples", "4"]
    func profile(_ name: String, _ more: [String] = []) throws -> Program.Outcome {
      try Program.run(
        ["profile", "--budget", "0.4...0.6", "--name", "tiny", "--output", "\(folder)/\(name)"]
          + common + more)
    }
    func file(_ name: String) throws -> Data {
      try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
    }
    let single = try profile("single")
    #expect(single.status == 0, "\(single.errors)")
    #expect(single.output.contains("h2o-reference in top-k (chance)"))
    #expect(try profile("parts", ["--shard", "2/2"]).output == "")
    #expect(try profile("parts", ["--shard", "1/2"]).output == single.output)
    #expect(try profile("parts", ["--shard", "1/2", "--resume"]).output == single.output)
    for name in ["profile.json", "prefixkv_tiny_0.4.json", "samples/prefixkv_tiny_0.6.jsonl"] {
      #expect(try file("parts/" + name) == file("single/" + name))
    }

    let table = try Program.run(
      ["eval", "table", "--policy", "all", "prefixkv:\(folder)/single", "--budget", "50%", "60tok"]
        + ["--max-tokens", "6", "--skip", "1", "--output", "\(folder)/table.jsonl"] + common)
    #expect(table.status == 0, "\(table.errors)")
    #expect(table.output.contains("exact match, in percent"))
    let markdown = String(decoding: try file("table.md"), as: UTF8.self)
    #expect(markdown.contains("| policy | 100 % | 50 % | 60tok |"))
    let lines = String(decoding: try file("table.jsonl"), as: UTF8.self).split(separator: "\n")
    let run = try #require(
      JSONSerialization.jsonObject(with: Data(lines[0].utf8)) as? [String: Any])
    let policies = try #require(run["policies"] as? [String])
    #expect(policies.count > 12 && policies.first == "full")
    // Every policy but the full cache at both budgets.
    #expect(lines.count == 1 + 4 * (1 + (policies.count - 1) * 2))
  }

  @Test func budgetsThatAConfigurationCanNotHaveAreRefused() throws {
    for (budget, word) in [
      ("180tok", "180tok"), ("1", "nothing to estimate"), ("0.9...0.1", "0.9"),
    ] {
      let outcome = try Program.run([
        "profile", "--data", "x", "--output", "/tmp/x", "--budget", budget,
      ])
      #expect(outcome.status == 64)
      #expect(outcome.errors.contains(word), "\(outcome.errors)")
    }
  }
}
