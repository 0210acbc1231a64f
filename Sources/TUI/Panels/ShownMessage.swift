/// The text of a message as the chat shows it: Markdown is carried out, and some places look different.
struct ShownMessage {
  private(set) var text: String
  /// Ascending, without overlaps, by UTF-8 offsets in `text`.
  private(set) var spans: [Markdown.Span]
  private let markdown: Markdown?

  /// - Parameter index: of a message in the transcript.
  init(_ index: Int, _ state: AppState) {
    let message = state.transcript[index]
    markdown = message.role == .model ? Markdown(message.text) : nil
    text = markdown?.text ?? message.text
    spans = markdown?.spans ?? []
    while text.last == "\n" { text.removeLast() }
    if state.showsConfidence, !message.isFormer {
      for token in message.pieces {
        guard let choice = token.choice, let doubt = Confidence(choice.probability) else {
          continue
        }
        mark(token.place, in: message, as: .doubt(doubt))
      }
    }
    message.difference.map { mark($0.place, in: message, as: .other) }
    if state.inspection.isOn, state.remembered.contains(index) { markInspected(in: message, state) }
  }

  /// Where an offset of the message's text is in the text that is shown.
  func offset(_ offset: Int) -> Int { min(text.utf8.count, markdown?.shown(offset) ?? offset) }

  /// Where a token is shown, without the blanks before it.
  func place(of token: Message.Token, in message: Message) -> Range<Int> {
    let text = message.text.utf8Slice(token.place)
    let start = token.place.lowerBound + text.prefix { $0 == " " }.utf8.count
    let first = offset(start)
    return first..<max(first, offset(token.place.upperBound))
  }

  private mutating func mark(_ place: Range<Int>, in message: Message, as look: Markdown.Look) {
    let start = offset(place.lowerBound)
    spans.mark(start..<max(start, offset(place.upperBound)), as: look)
  }

  /// How many of the words that a token attended to most are marked.
  private static let attendedWords = 8

  private mutating func markInspected(in message: Message, _ state: AppState) {
    let attended = (state.selectedToken?.attention?.entries ?? []).lazy
      .filter { $0.segment != .image && state.token(at: $0.position) != nil }
      .prefix(Self.attendedWords).map(\.position)
    let words = Set(attended)
    for token in message.pieces where words.contains(token.position) {
      spans.mark(place(of: token, in: message), as: .attended)
    }
    for token in message.pieces where token.position == state.inspection.position {
      spans.mark(place(of: token, in: message), as: .selected)
    }
  }
}
