import Foundation
import TestSupport
import Testing

@testable import Inference

/// What the files beside a tokenizer say about begin, ends and chat template.
@Suite struct TokenizerFolderTests {
  private func withModel<Result>(
    _ tokenizer: String, _ files: [String: String], _ body: (String) throws -> Result
  ) throws -> Result {
    try withFolder { folder in
      try FileManager.default.copyItem(
        atPath: "\(FamilyFixtures.folder)/\(tokenizer)",
        toPath: folder + (tokenizer.hasSuffix(".model") ? "/tokenizer.model" : "/tokenizer.json"))
      for (name, text) in files {
        try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/" + name))
      }
      return try body(folder)
    }
  }

  private func specials(_ tokenizer: String, _ files: [String: String]) throws -> Specials {
    try withModel(tokenizer, files) { try TokenizerFolder.tokenizer(in: $0).specials }
  }

  @Test func endsAreGatheredFromAllFiles() throws {
    #expect(try specials("qwen2.json", [:]) == Specials(begin: nil, end: 452))
    #expect(
      try specials("qwen2.json", ["generation_config.json": #"{"eos_token_id": [452, 450]}"#])
        == Specials(begin: nil, end: 452, others: [450]))
    #expect(
      try specials("llama3.json", ["generation_config.json": #"{"eos_token_id": 474}"#])
        == Specials(begin: 473, end: 474, others: [477]))
    #expect(
      try specials(
        "phi3.json",
        [
          "tokenizer_config.json": #"{"eos_token": {"content": "<|endoftext|>"}}"#,
          "generation_config.json": #"{"eos_token_id": null}"#,
        ]) == Specials(begin: 1, end: 400, others: [2, 403]))
  }

  @Test func llamasKindFollowsTheSettingForBegin() throws {
    let no = ["tokenizer_config.json": #"{"add_bos_token": false, "bos_token": "<s>"}"#]
    #expect(try specials("spm.json", no).begin == nil)
    #expect(try specials("spm.model", no).begin == nil)
    #expect(try specials("spm.model", [:]).begin == 1)
    #expect(try specials("llama3.json", no).begin == 473)
  }

  @Test func idsThatAreNoneAreRefused() {
    for value in [#""2""#, "[2, -1]", "2.5", "1e300", #"{"a": 1}"#, "true"] {
      expectWeightError(value, says: ["eos_token_id"]) {
        _ = try specials("spm.json", ["generation_config.json": #"{"eos_token_id": \#(value)}"#])
      }
    }
    expectWeightError("token", says: ["eos_token"]) {
      _ = try specials("spm.json", ["tokenizer_config.json": #"{"eos_token": [1]}"#])
    }
  }

  /// transformers 5 writes a pre-tokenizer of one step as a sequence.
  @Test func aSequenceOfOneStepIsThatStep() throws {
    let path = FamilyFixtures.folder + "/spm-metaspace.json"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let step = try #require(text.firstMatch(of: /"pre_tokenizer": (\{[^}]*\})/))
    let edited = text.replacingCharacters(
      in: step.1.startIndex..<step.1.endIndex,
      with: #"{"type": "Sequence", "pretokenizers": [\#(step.1)]}"#)
    try withFolder { folder in
      try Data(edited.utf8).write(to: URL(fileURLWithPath: folder + "/tokenizer.json"))
      let tokenizer = try TokenizerFolder.tokenizer(in: folder)
      let same = try FamilyFixtures.tokenizer("spm-metaspace")
      #expect(
        tokenizer.encode(recognisingSpecialsIn: "a</s>b")
          == same.encode(recognisingSpecialsIn: "a</s>b"))
    }
  }

  @Test func chatTemplatesAreReadWhereverTheyStand() throws {
    func sources(_ files: [String: String]) throws -> [String] {
      try withModel("spm.json", files) { try ChatTemplateFiles.read(in: $0).map(\.source) }
    }
    #expect(try sources([:]) == [])
    #expect(
      try sources([
        "tokenizer_config.json": #"{"chat_template": "a"}"#, "chat_template.jinja": "b",
        "chat_template.json": #"{"chat_template": "c"}"#,
        "processor_config.json": #"{"chat_template": "d"}"#,
      ]) == [
        "processor_config.json", "chat_template.json", "chat_template.jinja",
        "tokenizer_config.json",
      ])
    #expect(try sources(["tokenizer_config.json": #"{"chat_template": null}"#]) == [])
    let null = ["processor_config.json": #"{"chat_template": null}"#, "chat_template.jinja": "b"]
    #expect(try sources(null) == ["chat_template.jinja"])
  }

  /// Of several templates the default is meant; where none is, that is said.
  @Test func ofSeveralChatTemplatesTheDefaultIsMeant() throws {
    func found(_ files: [String: String], _ more: [String] = []) throws -> [String] {
      try withModel("spm.json", files) { folder in
        for name in more {
          let path = folder + "/additional_chat_templates"
          try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
          try Data("in a folder".utf8).write(to: URL(fileURLWithPath: path + "/" + name))
        }
        return try ChatTemplateFiles.read(in: folder).map { "\($0.source): \($0.text)" }
      }
    }
    func list(_ names: [String]) -> [String: String] {
      let templates = names.map { #"{"name": "\#($0)", "template": "text of \#($0)"}"# }
      return [
        "tokenizer_config.json": #"{"chat_template": [\#(templates.joined(separator: ","))]}"#
      ]
    }
    #expect(
      try found(list(["rag", "default"])) == ["tokenizer_config.json: text of default"])
    #expect(
      try found(list(["tool_use", "rag"]))
        == ["tokenizer_config.json (rag, tool_use; none is the default): "])
    #expect(
      try found(["chat_template.json": #"{"chat_template": {"default": "a", "b": "c"}}"#])
        == ["chat_template.json: a"])
    #expect(
      try found(["chat_template.json": #"{"chat_template": ""}"#]) == ["chat_template.json: "])
    #expect(
      try found(list(["default"]), ["rag.jinja"]) == [
        "additional_chat_templates (rag.jinja; none is the default): ",
        "tokenizer_config.json: text of default",
      ])
    #expect(
      try found([:], ["rag.jinja", "default.jinja"])
        == ["additional_chat_templates/default.jinja: in a folder"])
    #expect(
      try found(["chat_template.jinja": "own"], ["rag.jinja"]) == ["chat_template.jinja: own"])
  }

  @Test func chatTemplatesThatAreNoTextsAreRefused() {
    for value in ["1", "true", #"[1]"#, #"{"default": 1}"#, #"[{"name": "default"}]"#] {
      expectWeightError(value, says: ["chat_template"]) {
        _ = try withModel("spm.json", ["tokenizer_config.json": #"{"chat_template": \#(value)}"#]) {
          try ChatTemplateFiles.read(in: $0)
        }
      }
    }
    expectWeightError("a link that leads nowhere", says: ["chat_template.jinja"]) {
      _ = try withModel("spm.json", [:]) { folder in
        try FileManager.default.createSymbolicLink(
          atPath: folder + "/chat_template.jinja", withDestinationPath: "/nowhere")
        return try ChatTemplateFiles.read(in: folder)
      }
    }
  }

  @Test func tokensWithoutARowInTheEmbeddingStayText() throws {
    let tokenizer = try FamilyFixtures.tokenizer("qwen2")
    #expect(tokenizer.encode(recognisingSpecialsIn: "<image>") == [453])
    let limited = try tokenizer.limited(toRows: 453, path: "x")
    #expect(limited.encode(recognisingSpecialsIn: "<image>").allSatisfy { $0 < 450 })
    #expect(limited.encode(recognisingSpecialsIn: "<|im_end|>") == [452])
    expectWeightError("end", says: ["end-of-sequence id 452 is outside the 452 rows"]) {
      _ = try tokenizer.limited(toRows: 452, path: "x")
    }
  }
}
