import Foundation
import TestSupport
import Testing

@testable import Inference

@Suite struct OllamaStoreTests {
  let temporary: TemporaryFolder
  var stores: MadeUpStores { MadeUpStores(home: temporary.path) }

  init() throws { temporary = try TemporaryFolder() }

  var root: String { stores.home + "/ollama" }
  private static let library = "registry.ollama.ai/library/"

  private func open(_ name: String) throws -> Checkpoint {
    try WeightFormats.open(ModelLocator.resolve(name, environment: stores.environment))
  }

  // MARK: Names

  @Test(arguments: [
    ("llava", "llava/latest"), ("llava:latest", "llava/latest"), ("llava:7b", "llava/7b"),
    ("llava:13b-v1.6", "llava/13b-v1.6"), ("library/llava", "llava/latest"),
    ("registry.ollama.ai/library/llava:7b", "llava/7b"),
  ])
  func namesLeadToManifests(_ name: String, _ path: String) throws {
    try stores.ollama(Self.library + path)
    let model = try #require(try OllamaStore(root: root).model(name))
    #expect(
      model.path == root + "/blobs/sha256-" + MadeUpStores.digest(Self.library + path + "model"))
    #expect(try open(name).layout == "GGUF")
  }

  @Test func otherHostsAndNamespacesHaveTheirOwnNames() throws {
    for path in [
      "registry.ollama.ai/me/mine/latest", "hf.co/owner/name/Q4_K_M", "localhost:5000/a/b/c",
    ] {
      try stores.ollama(path)
    }
    try stores.write("x", to: "ollama/manifests/.DS_Store")
    let names = ["hf.co/owner/name:Q4_K_M", "localhost:5000/a/b:c", "me/mine:latest"]
    #expect(try OllamaStore(root: root).names() == names)
    for name in names { #expect(try OllamaStore(root: root).model(name) != nil, "\(name)") }
  }

  @Test func theServicesFolderIsLookedAtUnlessOneIsNamed() {
    let roots = OllamaStore.stores(environment: ["HOME": "/h"]).map(\.root)
    #expect(roots == ["/h/.ollama/models", "/usr/share/ollama/.ollama/models"])
    #expect(OllamaStore.stores(environment: ["OLLAMA_MODELS": "/o"]).map(\.root) == ["/o"])
  }

  // MARK: What stands beside the weights

  @Test(arguments: [
    (
      "llava:7b", "[INST] {{ if .System }}{{ .System }} {{ end }}{{ .Prompt }} [/INST]", "",
      "mistral"
    ),
    (
      "llava:13b", "{{ .System }}\nUSER: {{ .Prompt }}\nASSISTANT: ",
      "A chat between a curious human and an artificial intelligence assistant.", "llava_v1"
    ),
    ("llava:7b-v1.5", "{{ .System }}\nUSER: {{ .Prompt }}\nASSISTANT: ", "", "hf"),
    ("bakllava", "{{ .System }}\nUSER: {{ .Prompt }}\nASSISTANT: ", "", "bakllava"),
    (
      "llava-llama3",
      "{{ if .System }}<|start_header_id|>system<|end_header_id|>\n\n{{ .System }}<|eot_id|>{{ end }}"
        + "<|start_header_id|>user<|end_header_id|>\n\n{{ .Prompt }}<|eot_id|>", "", "llama3"
    ),
    (
      "llava-phi3", "{{ if .Prompt }}<|user|>\n{{ .Prompt }}<|end|>\n{{ end }}<|assistant|>\n", "",
      "phi3"
    ),
    (
      "qwen2",
      "<|im_start|>system\n{{ .System }}<|im_end|>\n<|im_start|>user\n{{ .Prompt }}<|im_end|>",
      "You are a helpful assistant.", "qwen2"
    ),
  ])
  func templatesAreRecognised(
    _ name: String, _ template: String, _ system: String, _ expected: String
  )
    throws
  {
    let parsed = try #require(OllamaName(name))
    var texts = ["template": template]
    if !system.isEmpty { texts["system"] = system }
    try stores.ollama(parsed.path, texts: texts)
    let checkpoint = try open(name)
    #expect(checkpoint.template.name == expected)
    #expect(checkpoint.templateChoice.explanation == "found in ollama's template")
    #expect(checkpoint.source.system?.text == (system.isEmpty ? nil : system))
    #expect(system.isEmpty || checkpoint.template.systemSentence == system)
  }

  @Test func anUnknownTemplateIsNamed() throws {
    try stores.ollama(
      Self.library + "x/latest", texts: ["template": "<start_of_turn>{{ .Prompt }}"])
    let choice = try open("x").templateChoice
    #expect(choice.unrecognised == "ollama's template")
    #expect(choice.template.name == "llava_v1" && !choice.isCertain)
  }

  @Test func stopWordsEndAnswers() throws {
    try stores.ollama(
      Self.library + "llava/7b",
      texts: ["params": #"{"stop": ["[INST]", "</s>"], "num_ctx": 4096}"#])
    let checkpoint = try open("llava:7b")
    #expect(checkpoint.stopTexts == ["[INST]"])
    let end = try #require(checkpoint.tokenizer.special("</s>"))
    #expect(checkpoint.tokenizer.specials.ends.contains(end))
    let report = ModelReport(checkpoint).summary
    #expect(report.contains("answers end   at </s> (2); at the text '[INST]'"), "\(report)")
    #expect(report.contains("found in      ollama"))

    var text = AnswerText(checkpoint.tokenizer, stops: ["[INST]", "ab"])
    let shown = checkpoint.tokenizer.encode("x [IN [INST] y").map { text.append($0) }.joined()
    #expect(text.isStopped && shown + text.finish() == "x [IN ")
  }

  // MARK: Damage

  private func expectRefusal(_ label: String, says words: [String]) {
    expectWeightError(label, says: words) { _ = try open("llava") }
  }

  private func write(manifest: String) throws {
    try stores.write(manifest, to: "ollama/manifests/\(Self.library)llava/latest")
  }

  @Test(arguments: [
    ("../../../../etc/passwd", "64 hexadecimal digits"),
    ("sha256:../../x", "64 hexadecimal digits"),
    ("sha256:" + String(repeating: "a", count: 63), "64 hexadecimal digits"),
    ("sha256:" + String(repeating: "A", count: 64), "64 hexadecimal digits"),
    ("md5:" + String(repeating: "a", count: 64), "64 hexadecimal digits"),
    ("", "64 hexadecimal digits"),
    ("sha256:" + String(repeating: "a", count: 64), "is not there"),
  ])
  func digestsThatAreNoneNameNoFile(_ digest: String, _ words: String) throws {
    try write(
      manifest:
        #"{"layers": [{"mediaType": "application/vnd.ollama.image.model", "digest": "\#(digest)"}]}"#
    )
    expectRefusal(digest, says: [words])
  }

  @Test(arguments: [
    ("", "empty"), ("{", "no manifest"), ("[]", "no manifest"), ("{}", "0 layers"),
    (#"{"layers": []}"#, "0 layers"), (#"{"layers": 3}"#, "no manifest"),
    (#"{"layers": [{"mediaType": 1, "digest": "x"}]}"#, "no manifest"),
    (
      #"{"layers": [{"mediaType": "application/vnd.ollama.image.license", "digest": "x"}]}"#,
      "no model"
    ),
    (
      #"{"layers": [{"mediaType": "application/vnd.ollama.image.adapter", "digest": "x"}]}"#, "LoRA"
    ),
    (
      #"{"layers": [{"mediaType": "application/vnd.ollama.image.tensor", "digest": "x"}]}"#,
      "tensor layout"
    ),
    (String(repeating: "[", count: 100_000), "no manifest"),
    (String(repeating: " ", count: (1 << 20) + 1), "too many for a manifest"),
    (
      #"{"layers": ["#
        + Array(repeating: #"{"mediaType": "a", "digest": "b"}"#, count: 1001).joined(
          separator: ",")
        + "]}", "1001 layers"
    ),
  ])
  func manifestsThatAreNoneSayWhy(_ manifest: String, _ words: String) throws {
    try write(manifest: manifest)
    expectRefusal(String(manifest.prefix(40)), says: [words])
  }

  @Test func blobsOfAnotherSizeAreDamaged() throws {
    let digest = String(repeating: "a", count: 64)
    try stores.write("GGUF", to: "ollama/blobs/sha256-" + digest)
    try write(
      manifest: #"{"layers": [{"mediaType": "application/vnd.ollama.image.model", "digest": "#
        + #""sha256:\#(digest)", "size": 4000}]}"#)
    expectRefusal("short", says: ["4 bytes", "4000", "pull the model again"])
  }

  @Test func circlesOfLinksAreNamed() throws {
    let digest = String(repeating: "b", count: 64)
    try stores.link("sha256-" + digest, at: "ollama/blobs/sha256-" + digest)
    try write(
      manifest: #"{"layers": [{"mediaType": "application/vnd.ollama.image.model", "digest": "#
        + #""sha256:\#(digest)"}]}"#)
    expectRefusal("blob", says: ["symbolic links"])
    try stores.link("b", at: "ollama/manifests/\(Self.library)circle/a")
    try stores.link("a", at: "ollama/manifests/\(Self.library)circle/b")
    try stores.link("..", at: "ollama/manifests/\(Self.library)up")
    expectWeightError("manifest", says: ["symbolic links"]) { _ = try open("circle:a") }
    let names = try OllamaStore(root: root).names()
    #expect(names.count < 20 && names.contains("circle:a"), "\(names)")
  }

  @Test(arguments: [
    (#"{"stop": 3}"#, "stop"), (#"{"stop": [1]}"#, "list of texts"),
    (#"{"stop": [""]}"#, "none empty"),
    ("[", "not valid JSON"),
    (#"{"stop": ["\#(String(repeating: "x", count: 300))"]}"#, "256 bytes"),
  ])
  func parametersThatAreNoneSayWhy(_ parameters: String, _ words: String) throws {
    try stores.ollama(Self.library + "llava/latest", texts: ["params": parameters])
    expectRefusal(parameters, says: [words])
  }

  @Test func hugeTextsAreRefused() throws {
    for kind in ["template", "system", "params"] {
      try stores.ollama(
        Self.library + "llava/latest", texts: [kind: String(repeating: "x", count: (1 << 20) + 1)])
      expectRefusal(kind, says: ["too many", kind])
      try FileManager.default.removeItem(atPath: root)
    }
  }

  @Test func aVisionFileOnTheCommandLineCountsMore() throws {
    try stores.ollama(Self.library + "llava/latest", vision: MadeUpStores.text)
    expectRefusal("text as vision", says: ["no vision file"])
    let found = try ModelLocator.resolve("llava", environment: stores.environment)
    _ = try WeightFormats.open(found, options: CheckpointOptions(projector: MadeUpStores.vision))
  }
}
