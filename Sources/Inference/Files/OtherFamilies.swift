/// Well-known models of other kinds than LLaVA's, so that a refusal can call them by their own
/// name.
enum OtherFamilies {
  /// Names by `model_type` of a Hugging Face configuration, or `general.architecture` of a GGUF
  /// file.
  private static let names = [
    "qwen_vl": "Qwen-VL", "qwen2_vl": "Qwen2-VL", "qwen2vl": "Qwen2-VL",
    "qwen2_5_vl": "Qwen2.5-VL", "qwen25vl": "Qwen2.5-VL", "qwen3_vl": "Qwen3-VL",
    "qwen3vl": "Qwen3-VL", "mllama": "Llama 3.2 Vision", "llama4": "Llama 4",
    "paligemma": "PaliGemma", "gemma": "Gemma", "gemma2": "Gemma 2", "gemma3": "Gemma 3",
    "idefics": "IDEFICS", "idefics2": "Idefics2", "idefics3": "Idefics3 or SmolVLM",
    "smolvlm": "SmolVLM", "internvl": "InternVL", "internvl_chat": "InternVL",
    "minicpmv": "MiniCPM-V", "phi3_v": "Phi-3-Vision", "phi4mm": "Phi-4-multimodal",
    "llava_next_video": "LLaVA-NeXT-Video", "video_llava": "Video-LLaVA",
    "llava_mpt": "LLaVA on MPT",
    "llava_gemma": "LLaVA on Gemma", "moondream1": "Moondream", "fuyu": "Fuyu",
    "pixtral": "Pixtral",
    "mixtral": "Mixtral", "qwen2_moe": "Qwen2-MoE", "qwen3": "Qwen3", "phi": "Phi-2",
    "phi2": "Phi-2",
    "gpt2": "GPT-2", "gpt_neox": "GPT-NeoX", "falcon": "Falcon", "mpt": "MPT",
    "bert": "BERT", "t5": "T5", "whisper": "Whisper",
  ]

  /// Vision towers by themselves: a model in LLaVA's own layout names such a folder.
  private static let towers: Set = [
    "clip", "clip_vision_model", "siglip", "siglip_vision_model",
  ]

  /// "which is Qwen2-VL's", "a vision tower without a language model"; nil for a type that is not
  /// known at all.
  static func owner(of type: String) -> String? {
    towers.contains(type)
      ? "a vision tower without a language model" : names[type].map { "which is \($0)'s" }
  }
}
