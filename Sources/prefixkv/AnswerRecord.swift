import Basics
import Inference
import KVCache

/// What `ask --json` prints for each question; docs/schema/ask.json describes it.
struct AnswerRecord: Encodable {
  struct Layer: Encodable {
    let retained: Int
    let seen: Int
  }

  let question: String
  /// As the command line names it.
  @Nullable var image: String?
  let answer: String
  let finishReason: String
  let model: String
  let template: String
  /// How the template was found.
  let templateReason: String
  let policy: String
  let budget: Double
  /// PrefixKV's cumulative-importance threshold; null for policies that have none.
  @Nullable var threshold: Double?
  let promptTokens: Int
  let imageTokens: Int
  let generatedTokens: Int
  let layers: [Layer]
  let kvBytes: Int
  let kvBytesFull: Int
  let ttftSeconds: Double
  let decodeTokensPerSecond: Double
  /// null where tokens were computed one at a time.
  @Nullable var lookAhead: LookAhead?

  struct LookAhead: Encodable {
    let passes: Int
    let guessed: Int
    let accepted: Int
  }

  init(
    question: String, image: String?, answer: String, statistics: AnswerStatistics,
    chat: ChatSession
  ) {
    let snapshot = chat.snapshot
    self.question = question
    self.image = image
    self.answer = answer
    finishReason = Self.name(of: statistics.finish)
    model = chat.model.checkpoint.name
    template = chat.templateChoice.template.name
    templateReason = chat.templateChoice.explanation
    policy = snapshot.policy
    budget = snapshot.budget
    threshold = snapshot.threshold
    promptTokens = statistics.promptTokens
    imageTokens = statistics.imageTokens
    generatedTokens = statistics.generatedTokens
    layers = snapshot.layers.map { Layer(retained: $0.retained, seen: $0.seen) }
    kvBytes = snapshot.bytesKept
    kvBytesFull = snapshot.bytesFull
    ttftSeconds = statistics.timeToFirstToken / .seconds(1)
    decodeTokensPerSecond = statistics.decodeTokensPerSecond
    lookAhead = statistics.lookAhead.map {
      LookAhead(passes: $0.passes, guessed: $0.guessed, accepted: $0.accepted)
    }
  }

  private static func name(of reason: FinishReason) -> String {
    switch reason {
    case .endOfSequence: "end_of_sequence"
    case .stopString: "stop_string"
    case .maximumTokens: "maximum_tokens"
    case .contextFull: "context_full"
    case .cancelled: "cancelled"
    }
  }
}
