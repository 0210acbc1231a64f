@testable import Inference

extension Templates {
  /// Stanford Alpaca's instruction form.
  ///
  /// Source: https://github.com/tatsu-lab/stanford_alpaca, `PROMPT_DICT` in `train.py`.
  static let alpaca = Template(
    "alpaca", "Alpaca's \"### Instruction:\"",
    system: "Below is an instruction that describes a task. Write a response that appropriately "
      + "completes the request.\n\n",
    question: "### Instruction:\n", questionEnd: "\n\n", answer: "### Response:",
    signs: .init(fragments: [["### Instruction:", "### Response:"]], names: ["alpaca"]))
}
