/// The templates that can be chosen. Each entry has its texts and the signs by which it is recognised
/// in a model's files; a new template is one more entry.
///
/// Texts: `llava/conversation.py` of https://github.com/haotian-liu/LLaVA, the model cards of
/// https://huggingface.co/llava-hf, and the chat templates of the text models.
public enum Templates {
  /// The chat forms are recognised by the roles' marks, the others by their system sentence.
  public static let all: [Template] = [
    Template(
      "llava_v1", "LLaVA-1.5's own, with \"a curious human\"",
      system: "A chat between a curious human and an artificial intelligence assistant. The "
        + "assistant gives helpful, detailed, and polite answers to the human's questions.",
      systemEnd: " ",
      question: "USER: ", questionEnd: " ", answer: "ASSISTANT:", isOneText: false,
      signs: .init(
        fragments: [["A chat between a curious human and"]], architectures: ["llava_next/llama"])),
    Template(
      "vicuna_v1", "the same with \"a curious user\"",
      system: "A chat between a curious user and an artificial intelligence assistant. The "
        + "assistant gives helpful, detailed, and polite answers to the user's questions.",
      systemEnd: " ",
      question: "USER: ", questionEnd: " ", answer: "ASSISTANT:", isOneText: false,
      signs: .init(fragments: [["A chat between a curious user and"]])),
    Template(
      "hf", "Hugging Face's LLaVA-1.5, without a system sentence",
      question: "USER: ", questionEnd: " ", answer: "ASSISTANT:",
      signs: .init(
        fragments: [["USER:", "ASSISTANT:"], ["['role'].upper()", "ASSISTANT:"]])),
    first,
    Template(
      "llava_llama_2", "LLaVA on LLaMA-2-chat",
      systemStart: "[INST] <<SYS>>\n",
      system: "You are a helpful language and vision assistant. You are able to "
        + "understand the visual content that the user provides, and assist the user with a "
        + "variety of tasks using natural language.",
      systemEnd: "\n<</SYS>>\n\n",
      question: "", questionEnd: " ", answer: "[/INST]", between: " </s><s>[INST] ",
      isOneText: false,
      signs: .init(
        fragments: [["You are a helpful language and vision assistant"]], names: ["llama-2"])),
    Template(
      "mistral", "LLaVA-1.6 on Mistral, and Mistral itself",
      question: "[INST] ", questionEnd: " [/INST]", answer: "",
      signs: .init(
        fragments: [["[INST]"]], architectures: ["llava_next/mistral", "mistral"],
        names: ["mistral"])),
    Template(
      "chatml", "LLaVA-1.6-34b",
      systemStart: "<|im_start|>system\n", system: "Answer the questions.",
      systemEnd: "<|im_end|>",
      question: "<|im_start|>user\n", questionEnd: "<|im_end|>",
      answer: "<|im_start|>assistant\n", answerSeparator: "", between: "<|im_end|>",
      signs: .init(
        fragments: [
          ["<|im_start|>", "Answer the questions."],
          ["<|im_start|>' + message['role'] + '\n'", "'<|im_end|>'}}"],
        ], tokens: chatML, names: ["34b"])),
    Template(
      "onevision", "LLaVA-OneVision",
      question: "<|im_start|>user ", questionEnd: "<|im_end|>",
      answer: "<|im_start|>assistant\n", answerSeparator: "", between: "<|im_end|>",
      signs: .init(
        fragments: [
          ["<|im_start|>' + message['role'] + ' '", "<|im_start|>assistant\n"],
          ["<|im_start|>user ", "<|im_start|>assistant\n"],
        ], tokens: chatML, architectures: ["llava_onevision/qwen2"],
        names: ["onevision", "-ov"])),
    Template(
      "interleave", "LLaVA-Interleave",
      question: "<|im_start|>user ", questionEnd: "<|im_end|>",
      answer: "<|im_start|>assistant", answerSeparator: "\n", between: "<|im_end|>",
      signs: .init(
        fragments: [["<|im_start|>' + message['role'] + ' '"], ["<|im_start|>user "]],
        tokens: chatML, architectures: ["llava/qwen2"], names: ["interleave"])),
    Template(
      "llama3", "LLaVA on Llama-3, and Llama-3 itself",
      question: "<|start_header_id|>user<|end_header_id|>\n\n", questionEnd: "<|eot_id|>",
      answer: "<|start_header_id|>assistant<|end_header_id|>\n\n", answerSeparator: "",
      between: "<|eot_id|>",
      signs: .init(
        fragments: [["<|start_header_id|>", "<|eot_id|>"]],
        tokens: ["<|start_header_id|>", "<|eot_id|>"], names: ["llama3", "llama-3"])),
    Template(
      "llama3.1", "Llama-3.1 and Llama-3.2 themselves",
      systemStart: "<|start_header_id|>system<|end_header_id|>\n\nCutting Knowledge Date: December "
        + "2023\nToday Date: 26 Jul 2024\n\n",
      system: "", systemEnd: "<|eot_id|>",
      question: "<|start_header_id|>user<|end_header_id|>\n\n", questionEnd: "<|eot_id|>",
      answer: "<|start_header_id|>assistant<|end_header_id|>\n\n", answerSeparator: "",
      between: "<|eot_id|>",
      signs: .init(
        fragments: [
          ["<|start_header_id|>", "<|eot_id|>", "Cutting Knowledge Date: December 2023"]
        ],
        tokens: ["<|start_header_id|>", "<|eot_id|>"])),
    Template(
      "phi3", "LLaVA on Phi-3, and Phi-3 itself",
      question: "<|user|>\n", questionEnd: "<|end|>\n", answer: "<|assistant|>\n",
      answerSeparator: "", between: "<|end|>\n",
      signs: .init(
        fragments: [["<|user|>", "<|end|>"], ["'<|' + message['role'] + '|>'", "<|end|>"]],
        tokens: ["<|user|>", "<|end|>"], names: ["phi3", "phi-3"])),
    Template(
      "bakllava", "BakLLaVA, with the image before \"USER:\"",
      question: "USER: ", questionEnd: "", answer: "\nASSISTANT:", imageLeads: true,
      signs: .init(
        fragments: [["USER: ", "\nASSISTANT:"]], architectures: ["llava/mistral"],
        names: ["bakllava"])),
    Template(
      "vip", "ViP-LLaVA, with the texts of llava_v0", textsOf: first,
      signs: .init(
        fragments: first.signs.fragments, architectures: ["vipllava/llama"],
        names: ["vip-llava", "vipllava", "vip_llava"])),
    Template(
      "qwen2", "Qwen2 itself",
      systemStart: "<|im_start|>system\n", system: "You are a helpful assistant.",
      systemEnd: "<|im_end|>\n",
      question: "<|im_start|>user\n", questionEnd: "<|im_end|>\n",
      answer: "<|im_start|>assistant\n", answerSeparator: "", between: "<|im_end|>\n",
      signs: .init(
        fragments: [["<|im_start|>", "You are a helpful assistant."]], tokens: chatML,
        architectures: ["qwen2"])),
    Template(
      "qwen2.5", "Qwen2.5 itself",
      systemStart: "<|im_start|>system\n",
      system: "You are Qwen, created by Alibaba Cloud. You are a helpful assistant.",
      systemEnd: "<|im_end|>\n",
      question: "<|im_start|>user\n", questionEnd: "<|im_end|>\n",
      answer: "<|im_start|>assistant\n", answerSeparator: "", between: "<|im_end|>\n",
      signs: .init(
        fragments: [
          ["<|im_start|>", "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."]
        ], tokens: chatML, names: ["qwen2.5"])),
    Template(
      "smollm2", "SmolLM2 itself",
      systemStart: "<|im_start|>system\n",
      system: "You are a helpful AI assistant named SmolLM, trained by Hugging Face",
      systemEnd: "<|im_end|>\n",
      question: "<|im_start|>user\n", questionEnd: "<|im_end|>\n",
      answer: "<|im_start|>assistant\n", answerSeparator: "", between: "<|im_end|>\n",
      signs: .init(
        fragments: [["<|im_start|>", "You are a helpful AI assistant named SmolLM"]],
        tokens: chatML, names: ["smollm2"])),
    Template(
      "llama2", "LLaMA-2-chat itself",
      question: "[INST] ", questionEnd: " [/INST]", answer: "", between: " </s><s>",
      signs: .init(
        fragments: [
          ["[INST]", "<<SYS>>", "system_message"], ["[INST]", "eos_token + bos_token"],
        ])),
  ]

  private static let chatML = ["<|im_start|>", "<|im_end|>"]

  private static let first = Template(
    "llava_v0", "the first LLaVA, with \"###\" between turns",
    system: "A chat between a curious human and an artificial intelligence assistant. The "
      + "assistant gives helpful, detailed, and polite answers to the human's questions.",
    systemEnd: "###",
    question: "Human: ", questionEnd: "###", answer: "Assistant:", between: "###",
    isOneText: false, stopString: "###",
    signs: .init(fragments: [["A chat between a curious human and", "###"]], names: ["v0"]))

  /// LLaVA-1.5's own.
  static let llava = all[0]
  /// The template that LLaVA's own code takes when a model's name says nothing.
  static let vicuna = all[1]
  /// The template of llava-hf/llava-1.5-7b-hf.
  static let huggingFace = all[2]

  /// The template of a name.
  ///
  /// - Throws: `TemplateError.unknown`, which lists the available names.
  public static func named(_ name: String) throws(TemplateError) -> Template {
    guard let template = all.first(where: { $0.name == name }) else {
      throw .unknown(name, available: all.map(\.name))
    }
    return template
  }
}
