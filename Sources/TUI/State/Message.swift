import Basics
import Inference
import Sessions

/// One entry of the transcript.
struct Message: Sendable, Equatable {
  enum Role: Sendable, Equatable {
    /// A question, an answer, a sentence of the program, an error.
    case user, model, notice, error
  }

  var role: Role
  var text: String
  /// A line of numbers below an answer; nil while it is being streamed.
  var footnote: String?
  /// The question waits in the queue and is not yet posted.
  var isQueued = false
  /// It comes from a conversation that was kept.
  var wasKept = false
  /// An answer of a comparison, told in a line: plain mode writes it where answers go.
  var isCompared = false
  /// The answer that `/regenerate` has replaced; it stands beside the new one, or above it where there
  /// is no room, until the next question.
  var isFormer = false
  /// What an answer was written under: one at its beginning, and one for each time when policy or
  /// budget moved in the middle of it.
  var conditions: [Condition] = []
  /// The answer as it was generated; empty before its end, and where only its text is known.
  var tokens: [Int] = []
  /// `[layers]`: what the cache held at the answer's end; empty before.
  var layers: [SavedMessage.Layer] = []
  /// Where the full cache would first have said something else, and what.
  var difference: Difference?

  /// The tokens of the text with their places, in order. A question has them once it was read.
  var pieces: [Token] = []

  struct Token: Sendable, Equatable {
    /// UTF-8 offsets in the text; empty where its characters were complete only with a later token.
    var place: Range<Int>
    /// Where it stands in the sequence.
    var position: Int
    /// How probable it was; nil in a question, which the model did not choose.
    var choice: TokenChoice?
    /// What the full cache makes of it; nil without a twin.
    var quality: TokenQuality?
    /// What it attended to; nil until that was told.
    var attention: TokenAttention?
  }

  struct Difference: Sendable, Equatable {
    /// UTF-8 offsets in the text.
    var place: Range<Int>
    var other: String
  }

  typealias Condition = SavedMessage.Condition

  /// What stands below the text: what it is, its numbers, and what it was written under.
  var note: String? {
    let parts = [
      isFormer ? "the former answer" : nil, footnote, footnote == nil ? nil : conditions.text,
      otherWord,
    ]
    let note = parts.compactMap(\.self).joined(separator: ", ")
    return note.isEmpty ? nil : note
  }

  var otherWord: String? {
    guard footnote != nil, let difference else { return nil }
    let said = String(text.utf8Slice(difference.place)).trimmingBlanks
    return "the full cache would have said '\(difference.other)' instead of '\(said)'"
  }

  /// Takes down what the answer goes on under, where that has changed.
  mutating func note(policy: String, budget: Double) {
    let now = Condition(offset: text.utf8.count, policy: policy, budget: budget)
    if let last = conditions.last {
      guard last.policy != policy || last.budget != budget else { return }
      // Nothing was written under the last one.
      if last.offset == now.offset { conditions.removeLast() }
    }
    if conditions.last?.policy != policy || conditions.last?.budget != budget {
      conditions.append(now)
    }
  }
}

/// Where the chat panel looks.
enum ScrollPosition: Sendable, Equatable {
  /// At the newest row, also when more arrives.
  case following
  /// The row that holds this UTF-8 offset of this message is the top row. Survives a resize.
  case anchored(message: Int, offset: Int)
}
