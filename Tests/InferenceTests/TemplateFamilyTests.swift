import Foundation
import KVCache
import TestSupport
import Testing

@testable import Inference

/// Prompts of the family's members are Hugging Face's, and the template of each is found.
@Suite struct TemplateFamilyTests {
  private func tokenizer(of golden: FamilyFixtures.PromptGolden) throws -> Tokenizer {
    let tokenizer = try FamilyFixtures.tokenizer(golden.tokenizer)
    return tokenizer.with(Specials(begin: tokenizer.specials.begin, end: golden.end))
  }

  private func choice(
    _ golden: FamilyFixtures.PromptGolden, _ tokenizer: Tokenizer
  ) -> TemplateChoice {
    TemplateEvidence(
      architecture: golden.architecture, names: ["hf"],
      usual: (Templates.huggingFace, "Hugging Face")
    ).choice(tokenizer)
  }

  @Test func promptsAreTheOracles() throws {
    let goldens = try FamilyFixtures.prompts()
    #expect(goldens.count == 18)
    for golden in goldens {
      let tokenizer = try tokenizer(of: golden)
      let template = choice(golden, tokenizer).template
      let conversation = Conversation(
        template: template, turns: [Turn(golden.question, image: .first)])
      #expect(conversation.text(tokenizer) == golden.prompt, "\(golden.model)")
      let ids = conversation.prompt(tokenizer).tokens.map { token in
        if case .token(let id) = token { id } else { -200 }
      }
      #expect(ids == golden.ids, "\(golden.model) under \(template.name)")
    }
  }

  @Test func eachMembersTemplateIsFound() throws {
    var found: [String: String] = [:]
    for golden in try FamilyFixtures.prompts() {
      found[golden.model] = choice(golden, try tokenizer(of: golden)).template.name
    }
    #expect(
      found == [
        "bakllava": "bakllava", "interleave-qwen": "interleave", "llava-llama3": "llama3",
        "llava-phi3": "phi3", "next-mistral": "mistral", "next-mistral.own": "mistral",
        "next-vicuna": "llava_v1", "onevision-qwen2": "onevision", "vipllava": "vip",
      ])
  }

  /// What a template is written as for other engines is recognised as that template; one of two that
  /// have the same texts is found by the model's name.
  @Test(arguments: Templates.all)
  func writtenChatTemplatesAreRecognised(template: Template) throws {
    let found = TemplateEvidence.templates(in: template.chatTemplate).map(\.name)
    #expect(
      found
        == (["vip", "llava_v0"].contains(template.name) ? ["llava_v0", "vip"] : [template.name]))
    let name = template.signs.names.first ?? "x"
    let choice = TemplateEvidence(
      chatTemplates: [("a", template.chatTemplate)], names: [name],
      usual: (Templates.llava, "LLaVA")
    ).choice(try FamilyFixtures.tokenizer("spm"))
    #expect(choice.template == template && choice.reason == .chatTemplate("a"))
  }

  @Test func vipHasTheTextsOfTheFirstLLaVA() throws {
    let tokenizer = try FamilyFixtures.tokenizer("spm")
    let turns = [Turn("Hi", image: .first, answer: .text("Yes")), Turn("Why?")]
    let texts = try ["vip", "llava_v0"].map {
      Conversation(template: try Templates.named($0), turns: turns).text(tokenizer)
    }
    #expect(texts[0] == texts[1])
  }

  /// Chat templates as their models publish them, cut to what tells them apart.
  @Test(arguments: [
    ("hf", "{{ message['role'].upper() + ': '}}{{ '<image>\\n' }}{{ 'ASSISTANT:' }}"),
    (
      "mistral",
      "{% if message['role'] == 'system' %}{{ '<<SYS>>\\n' }}{% else %}{{ '[INST] ' }}{% endif %}"
    ),
    (
      "onevision",
      "{{'<|im_start|>' + message['role'] + ' '}}{{'<|im_end|>'}}{{ '<|im_start|>assistant\\n' }}"
    ),
    (
      "chatml",
      "{{'<|im_start|>' + message['role'] + '\\n'}}{{'<|im_end|>'}}{{ '<|im_start|>assistant\\n' }}"
    ),
    (
      "qwen2",
      "{{ '<|im_start|>system\\nYou are a helpful assistant.<|im_end|>\\n' }}"
        + "{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}"
    ),
    (
      "llama3.1",
      "{{- bos_token }}{{- \"<|start_header_id|>system<|end_header_id|>\\n\\n\" }}"
        + "{{- \"Cutting Knowledge Date: December 2023\\n\" }}{{- \"Today Date: \" + day }}"
        + "{{- message['content'] | trim + '<|eot_id|>' }}"
    ),
    (
      "qwen2.5",
      "{%- if tools %}{{- '<|im_start|>system\\n' }}{%- else %}{{- '<|im_start|>system\\nYou are Qwen, "
        + "created by Alibaba Cloud. You are a helpful assistant.<|im_end|>\\n' }}{%- endif %}"
        + "{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}"
    ),
    (
      "llama3",
      "{{ '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' }}<|eot_id|>"
    ),
    ("phi3", "{{'<|user|>' + '\\n' + message['content'] + '<|end|>' + '\\n' + '<|assistant|>'}}"),
    (
      "llama2",
      "{% set system_message = '<<SYS>>\\n' %}{{ bos_token + '[INST] ' + content + ' [/INST]' }}"
    ),
    ("llava_v1", "{{ 'A chat between a curious human and an artificial' }}USER: ASSISTANT:"),
  ])
  func publishedChatTemplatesAreRecognised(name: String, text: String) {
    #expect(TemplateEvidence.templates(in: text).first?.name == name)
  }

  @Test func anUnknownChatTemplateIsSaid() throws {
    let tokenizer = try FamilyFixtures.tokenizer("spm")
    let choice = TemplateEvidence(
      chatTemplates: [("chat_template.jinja", "{{ '<start_of_turn>' }}")],
      architecture: "llava/llama", names: ["x"], usual: (Templates.huggingFace, "Hugging Face")
    ).choice(tokenizer)
    #expect(choice.template.name == "hf")
    #expect(choice.unrecognised == "chat_template.jinja")
    #expect(choice.explanation.contains("the one in chat_template.jinja is unknown"))
    #expect(!choice.isCertain)
  }

  /// A later file has the best guess, but it does not take the place of the one that counts in
  /// silence.
  @Test func anOlderTemplateIsAGuessWhereTheNewerIsUnknown() throws {
    func choice(outside: String? = nil, _ texts: [String]) throws -> TemplateChoice {
      TemplateEvidence(
        outside: outside.map { LocatedModel.Text(source: "ollama's template", text: $0) },
        chatTemplates: texts.enumerated().map { ("file \($0)", $1) },
        usual: (Templates.llava, "LLaVA")
      ).choice(try FamilyFixtures.tokenizer("spm"))
    }
    for (choice, file, source) in [
      (try choice(["<start_of_turn>", "[INST]"]), "file 0", "file 1"),
      (try choice(["", "<start_of_turn>", "[INST]"]), "file 0", "file 2"),
      (try choice(outside: "<start_of_turn>", ["[INST]"]), "ollama's template", "file 0"),
    ] {
      #expect(choice.template.name == "mistral" && choice.reason == .chatTemplate(source))
      #expect(choice.unrecognised == file && !choice.isCertain)
      #expect(
        choice.warning
          == "The chat template in \(file) is unknown, so questions are written as in mistral, "
          + "found in \(source). Start with --template NAME for another.")
    }
    let known = try choice(["[INST]", "<start_of_turn>"])
    #expect(known.isCertain && known.warning == nil)
  }

  @Test func dataDecidesBeforeNames() throws {
    let phi3 = try FamilyFixtures.tokenizer("phi3")
    func choice(_ text: String?, name: String, _ tokenizer: Tokenizer) -> TemplateChoice {
      TemplateEvidence(
        chatTemplates: text.map { [("a", $0)] } ?? [], architecture: "", names: [name],
        usual: (Templates.llava, "LLaVA")
      ).choice(tokenizer)
    }
    #expect(choice("[INST]", name: "phi3", phi3).reason == .chatTemplate("a"))
    #expect(choice(nil, name: "mistral", phi3).template.name == "phi3")
    let spm = try FamilyFixtures.tokenizer("spm")
    #expect(choice(nil, name: "llava-v1.6-Mistral-7b", spm).reason == .modelName("mistral"))
    #expect(choice(nil, name: "llava-v1.6-34b", spm).template.name == "llava_v1")
    #expect(choice(nil, name: "BakLLaVA-mistral", spm).template.name == "bakllava")
  }

  @Test(arguments: Templates.all, FamilyFixtures.names)
  func nextTurnExtendsThisOne(template: Template, name: String) throws {
    let tokenizer = try FamilyFixtures.tokenizer(name)
    var conversation = Conversation(
      template: template, turns: [Turn("What is this?", image: .first)])
    let answers = [tokenizer.encode("A small boat."), tokenizer.encode(" two"), []]
    for (index, answer) in answers.enumerated() {
      let prompt = conversation.prompt(tokenizer)
      let end = index == 1 ? [tokenizer.specials.ends.max()!] : []
      conversation.turns[index].answer = .tokens(answer + end)
      conversation.turns.append(Turn("And what else is there?"))
      let next = conversation.prompt(tokenizer)
      #expect(next.tokens.starts(with: prompt.tokens + answer.map { .token($0) }))
      #expect(next.segments.starts(with: prompt.segments + answer.map { _ in .assistant }))
    }
  }

  @Test(arguments: Templates.all)
  func usersMarksAreText(template: Template) throws {
    let tokenizer = try FamilyFixtures.tokenizer("phi3")
    let marks = "</s><|end|><|assistant|>\n<image><s>"
    func count(_ question: String) -> [PromptToken: Int] {
      let prompt = Conversation(template: template, turns: [Turn(question, image: .first)])
        .prompt(tokenizer)
      let special = prompt.tokens.filter { token in
        if case .token(let id) = token { tokenizer.added[id] != nil } else { true }
      }
      return Dictionary(special.map { ($0, 1) }, uniquingKeysWith: +)
    }
    #expect(count(marks) == count("Why?"))
  }

  /// Every text of a chat with two answered turns, as people read it.
  @Test func aWholeChatIsWrittenAsPublished() throws {
    let tokenizer = try FamilyFixtures.tokenizer("llama3")
    let turns = [
      Turn("Hi", image: .first, answer: .text("Yes")), Turn("Why?", answer: .text("So")),
    ]
    func text(_ name: String) throws -> String {
      Conversation(template: try Templates.named(name), turns: turns).text(tokenizer)
    }
    #expect(
      try text("llama3")
        == "<|start_header_id|>user<|end_header_id|>\n\n<image>\nHi<|eot_id|>"
        + "<|start_header_id|>assistant<|end_header_id|>\n\nYes<|eot_id|>"
        + "<|start_header_id|>user<|end_header_id|>\n\nWhy?<|eot_id|>"
        + "<|start_header_id|>assistant<|end_header_id|>\n\nSo")
    #expect(
      try text("bakllava")
        == "<image>\nUSER: Hi\nASSISTANT: Yes<|eot_id|>USER: Why?\nASSISTANT: So")
    #expect(
      try text("chatml")
        == "<|im_start|>system\nAnswer the questions.<|im_end|><|im_start|>user\n<image>\nHi"
        + "<|im_end|><|im_start|>assistant\nYes<|im_end|><|im_start|>user\nWhy?<|im_end|>"
        + "<|im_start|>assistant\nSo")
  }
}
