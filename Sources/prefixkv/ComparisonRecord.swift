import Basics
import Inference
import KVCache
import TUI

/// What `ask --compare --json` prints for each question; docs/schema/ask-compare.json describes it.
struct ComparisonRecord: Encodable {
  struct Column: Encodable {
    let budget: Double
    let policy: String
    let answer: String
    let kvBytes: Int
    let imageEntries: Int
    let textEntries: Int
    let meanKl: Double
    let agreement: Double
    let decodeTokensPerSecond: Double
  }

  let question: String
  /// As the command line names it.
  @Nullable var image: String?
  let model: String
  let template: String
  let promptTokens: Int
  let columns: [Column]

  /// The same for people: one answer after the other.
  let text: String

  private enum CodingKeys: String, CodingKey {
    case question, image, model, template, promptTokens, columns
  }

  init(question: String, image: String?, answers: [ComparedAnswer], chat: ChatSession) {
    self.question = question
    self.image = image
    model = chat.model.checkpoint.name
    template = chat.templateChoice.template.name
    promptTokens = chat.snapshot.layers.first?.seen ?? 0
    columns = answers.map { answer in
      Column(
        budget: answer.budget, policy: answer.column.policy, answer: answer.text,
        kvBytes: answer.bytesKept, imageEntries: answer.imageEntries,
        textEntries: answer.textEntries, meanKl: answer.agreement?.meanKL ?? 0,
        agreement: answer.agreement?.share ?? 1,
        decodeTokensPerSecond: answer.decodeTokensPerSecond)
    }
    text = answers.map { answer in
      let facts = answer.facts.map { "  " + $0 }.joined(separator: "\n")
      return "\(answer.column.label):\n\(DisplayText.visible(answer.text))\n\(facts)\n"
    }.joined(separator: "\n")
  }
}
