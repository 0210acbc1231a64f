import Foundation
import TestSupport
import Testing

/// `prefixkv models`, and the names that it lists given to other commands.
@Suite struct ModelsCommandTests {
  let temporary: TemporaryFolder
  var stores: MadeUpStores { MadeUpStores(home: temporary.path) }

  init() throws {
    temporary = try TemporaryFolder()
    try stores.ollama(
      "registry.ollama.ai/library/llava/7b",
      texts: [
        "template": "[INST] {{ .System }} {{ .Prompt }} [/INST]", "system": "Be brief.",
        "params": #"{"stop": ["[INST]", "[/INST]"]}"#,
      ])
    try stores.repository("llava-hf/tiny", files: MadeUpStores.huggingFaceFiles())
    try stores.link(MadeUpStores.text, at: ".lmstudio/models/xtuner/llava/m.gguf")
    try stores.link(MadeUpStores.vision, at: ".lmstudio/models/xtuner/llava/mmproj.gguf")
    try stores.link(MadeUpStores.folder, at: "mine/own")
    try stores.write("{", to: "mine/broken/config.json")
  }

  private static let names = [
    "broken", "own", "llava-hf/tiny", "llava:7b", "xtuner/llava", "bundled",
  ]

  @Test func theListIsATable() throws {
    let outcome = try Program.run(["models"], environment: stores.environment)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let lines = outcome.output.split(separator: "\n")
    #expect(lines[0].hasPrefix("model"))
    for (line, name) in zip(lines.dropFirst(), Self.names) {
      #expect(line.hasPrefix(name + " "), "\(line)")
      #expect(line.contains(name == "broken" ? " no " : " yes "), "\(line)")
    }
    #expect(outcome.output.contains("broken: '\(stores.home)/mine/broken/config.json' is damaged"))
  }

  /// One type stands for a model, wherever it is shown: the vision tower keeps its own.
  @Test func theTypeIsThatOfTheLayers() throws {
    let file = stores.home + "/mine/own8/b.gguf"
    try FileManager.default.createDirectory(
      atPath: stores.home + "/mine/own8", withIntermediateDirectories: true)
    let written = try Program.run(["convert", Sample.model, "--type", "q8_0", "-o", file])
    #expect(written.status == 0, "\(written.errors)")
    var environment = stores.environment
    environment["PREFIXKV_MODELS"] = "\(stores.home)/mine/own8:\(stores.home)/mine"
    let listed = try Program.run(["models"], environment: environment).output
    let rows = listed.split(separator: "\n").filter { $0.contains(" Q8_0 ") }
    #expect(rows.contains { $0.hasPrefix("b.gguf ") }, "\(listed)")
    #expect(!listed.contains("\nown8 "), "the same file is listed once: \(listed)")
    let inspected = try Program.run(["inspect", file]).output
    #expect(inspected.contains("\nweights       Q8_0, "), "\(inspected)")
  }

  @Test func theDocumentFollowsItsSchema() throws {
    let outcome = try Program.run(["models", "--json"], environment: stores.environment)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(try Schema("models").problems(of: outcome.output) == [])
    let object = try #require(
      JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    let models = try #require(object["models"] as? [[String: Any]])
    #expect(models.map { $0["name"] as? String ?? "" } == Self.names)
    #expect(models.map { $0["runs"] as? Bool ?? false } == [false, true, true, true, true, true])
  }

  @Test(arguments: ["own", "llava-hf/tiny", "llava:7b", "xtuner/llava"])
  func everyListedNameAnswers(_ name: String) throws {
    let answer = try Program.run(
      ["ask", "Hm?", "--image", Sample.picture, "--model", name, "--max-tokens", "2", "--json"],
      environment: stores.environment)
    #expect(answer.status == 0, "\(answer.errors)")
    #expect(answer.output.contains("\"model\":\"\(name)\""), "\(answer.output)")
    let chat = try Program.run(
      ["chat", "--image", Sample.picture, "--model", name], input: Data("/quit\n".utf8),
      environment: stores.environment)
    #expect(chat.status == 0, "\(chat.errors)")
  }

  @Test func inspectSaysWhatTheStoreSays() throws {
    let outcome = try Program.run(["inspect", "llava:7b"], environment: stores.environment)
    for line in [
      "model         llava:7b (GGUF layout)", "found in      ollama",
      "answers end   at </s> (2); at the texts '[INST]', '[/INST]'",
      "system        ollama says: Be brief.",
      "template      mistral, found in ollama's template",
    ] {
      #expect(outcome.output.contains(line), "\(line)\n\(outcome.output)")
    }
    let json = try Program.run(["inspect", "llava:7b", "--json"], environment: stores.environment)
    #expect(try Schema("inspect").problems(of: json.output) == [])
    let object = try #require(
      JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
    #expect(object["stops"] as? [String] == ["</s>", "[INST]", "[/INST]"])
  }

  @Test func theListReplacesNoModel() throws {
    // Copies: a link would lead to the fixtures.
    for (source, name) in [(MadeUpStores.text, "x.gguf"), (MadeUpStores.folder, "copy")] {
      try FileManager.default.copyItem(atPath: source, toPath: stores.home + "/mine/" + name)
    }
    try stores.link(stores.home + "/mine/x.gguf", at: "list.txt")
    for path in ["/mine/copy/config.json", "/list.txt"] {
      let outcome = try Program.run(
        ["models", "-o", stores.home + path], environment: stores.environment)
      #expect(outcome.status == 73, "\(path): \(outcome.errors)")
      #expect(outcome.errors.contains("a model is being read from it"), "\(outcome.errors)")
    }
  }

  @Test func aFolderNamedModelsIsLookedInto() throws {
    let outcome = try Program.shell(
      #"cd "$1" && mkdir models && ln -s "$2" models/here && HOME="$1" OLLAMA_MODELS=/none "$0" inspect here"#,
      stores.home, MadeUpStores.folder)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("found in      ./models"))
  }

  @Test func withoutModelsTheListSaysHowToGetOne() throws {
    let outcome = try Program.run(
      ["models"],
      environment: [
        "HOME": stores.home + "/empty", "OLLAMA_MODELS": "/none", "HF_HUB_CACHE": "/none",
        "PREFIXKV_MODELS": "",
      ])
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("huggingface-cli download"))
    #expect(outcome.output.contains("ollama pull llava"))
  }

  @Test func aPipedChatListsModelsBeforeItGoesOn() throws {
    let outcome = try Program.run(
      ["chat", "--model", Sample.model, "--image", Sample.picture],
      input: Data("/models\n/model llava:7b\n/quit\n".utf8), environment: stores.environment)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("llava:7b: LLaVA-1.5 (LLaMA), Q8_0"), "\(outcome.errors)")
    #expect(outcome.errors.contains("model llava:7b, Q8_0"), "\(outcome.errors)")
  }
}
