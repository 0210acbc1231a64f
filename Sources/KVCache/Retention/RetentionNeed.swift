/// Something that a policy looks at. A policy names what it needs, and nothing else is recorded:
/// what no policy needs costs nothing.
///
/// | need | the context brings | what it costs |
/// | --- | --- | --- |
/// | `.importance` | `importance`, `history` and `ranking`, `[layers, n]` | a sum over every softmax |
/// | `.decodeAttention` | the same, decoded tokens included | `n` sums a layer and token |
/// | `.window` | `window`, `[layers, n]` | a sum over 32 rows of the softmax |
/// | `.peaks` | `peaks`, `[layers, n]` | 32 rows of the softmax once more, head by head |
/// | `.attention(from:)` | `attention(from:)`, `[layers, n]` | a call for each run of rows |
/// | `.queryMoments` | `queryMoments`, `[layers][heads]` | `n * headDim²` products a head |
/// | `.secondPass` | `secondPass`, `[layers, n]` | more than the prefill itself |
/// | `.keys` | `keys(layer:)`, `[n, kvHeads, headDim]` | one layer's floats at a time |
/// | `.values` | `values(layer:)`, `[n, kvHeads, headDim]` | one layer's floats at a time |
/// | `.valueLengths` | `valueLengths(layer:)`, `[n]` | reading each value once |
///
/// Keys and values are read when a policy asks for them, evicted ones from the spill file; lengths of values
/// are then kept.
/// Everything else is recorded while a prompt is read, or at each decoded token.
///
/// What a prompt is read with is what the policy in force and `SessionOptions.recording` name. A
/// policy that comes into force later and needs more gets zeros, and the user is told so.
public enum RetentionNeed: Hashable, Sendable {
  /// Attention that every position received, mean over heads, summed over the query rows of all
  /// prompts.
  case importance
  /// The attention rows of decoded tokens: they are added to the importance, and to what
  /// `.attention(from:)` collects where the chosen segments include `.assistant`.
  case decodeAttention
  /// Attention from the last queries of the latest prompt only, `RetentionController
  /// .observationWindow` of them (all, if it has fewer).
  case window
  /// The largest attention from any head in any of the same queries.
  case peaks
  /// Attention from the query rows of some segments only, for example from text alone.
  case attention(from: Set<Segment>)
  /// Key vectors of every position, after rotary embedding.
  case keys
  /// Value vectors of every position.
  case values
  /// The lengths of those vectors, all heads of a position as one.
  case valueLengths
  /// Mean and second moment of the latest prompt's query vectors.
  case queryMoments
  /// The largest attention that a position receives while the model repeats the prompt.
  case secondPass

  /// What is recorded so cheaply that a conversation, in which the policy may change, always does.
  public static let cheap: Set<RetentionNeed> = [.importance, .window]

  /// Whether it has to be recorded while a prompt is read, and cannot be had later.
  var isOfThePrompt: Bool {
    switch self {
    case .importance, .window, .peaks, .attention, .queryMoments, .secondPass: true
    case .decodeAttention, .keys, .values, .valueLengths: false
    }
  }

  /// In the middle of a sentence.
  var phrase: String {
    switch self {
    case .importance: "attention"
    case .decodeAttention: "the attention of decoded tokens"
    case .window: "the attention of the prompt's last queries"
    case .peaks: "the largest attention of the prompt's last queries"
    case .attention(let segments):
      "attention from "
        + Segment.allCases.filter(segments.contains).map { "\($0)" }.joined(separator: ", ")
        + " positions"
    case .keys: "keys"
    case .values: "values"
    case .valueLengths: "the lengths of values"
    case .queryMoments: "the distribution of the prompt's queries"
    case .secondPass: "a second pass over the prompt"
    }
  }
}
