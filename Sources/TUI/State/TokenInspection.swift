import Inference
import KVCache
import Sessions

/// What is looked at closely: a token of the transcript, or a patch of the picture.
struct TokenInspection: Sendable, Equatable {
  /// Where it stands in the sequence; nil: nothing is looked at.
  var position: Int?
  /// Why its entries are kept or evicted; nil until the engine has told it.
  var standing: EntryStanding?
  /// The text of each position that has one.
  var words: [Int: String] = [:]
  /// The position that plain mode was asked to tell about and has not told yet.
  var told: Int?
  /// The overlay that comes back at the end.
  fileprivate var overlayBefore: Overlay?

  // MARK: What the engine knows

  fileprivate var isRecording = false
  fileprivate var explained: Int?
  /// The position whose attention was asked for last.
  fileprivate var asked: Int?

  var isOn: Bool { position != nil }
}

extension AppState {
  // MARK: Selecting

  /// Begins to look at tokens, with the newest one; ends it when that is on already.
  mutating func toggleTokens() -> [AppEffect] {
    if inspection.isOn { return escape() }
    guard let last = generated.last?.position else {
      return refuse("There is no answer to look into yet. Ask a question first.")
    }
    return select(position: last)
  }

  /// Looks at a position of the sequence.
  mutating func select(position: Int) -> [AppEffect] {
    if !inspection.isOn {
      status = Status(text: "←→ and ↑↓ go from token to token, Esc leaves", kind: .plain)
      if picture?.patches != nil {
        inspection.overlayBefore = overlay
        overlay = .attention
      }
    }
    inspection.position = position
    // The picture may fill the middle and show what one token after the other attended to.
    if zoomed != .picture, zoomed != .tokens { zoomed = nil }
    focus = .tokens
    guard isCopying else { return [] }
    return toggleCopying(focusing: .tokens)
  }

  mutating func leaveTokens() {
    guard inspection.isOn else { return }
    inspection.position = nil
    if let before = inspection.overlayBefore, overlay == .attention { overlay = before }
    inspection.overlayBefore = nil
  }

  /// Another conversation begins: its positions mean something else.
  mutating func forgetTokens() {
    leaveTokens()
    inspection.words = [:]
    if focus == .tokens { focus = .prompt }
    if zoomed == .tokens { zoomed = nil }
  }

  /// Tokens stand behind more of the picture's rows now, or behind fewer.
  mutating func moveTokens(by count: Int) {
    for message in remembered {
      for piece in transcript[message].pieces.indices {
        transcript[message].pieces[piece].position += count
      }
    }
  }

  // MARK: Tokens of the conversation

  /// The messages whose tokens the cache has seen.
  var remembered: [Int] {
    let start = transcript.lastIndex { $0.text == Self.newConversation } ?? 0
    return transcript.indices.filter { $0 >= start && !transcript[$0].isFormer }
  }

  /// The tokens that the model has generated, in order.
  var generated: [Message.Token] {
    remembered.flatMap { transcript[$0].role == .model ? transcript[$0].pieces : [] }
  }

  /// Where the token of a position stands in the transcript, and among its message's.
  func place(of position: Int) -> (message: Int, piece: Int)? {
    for message in remembered.reversed() {
      let pieces = transcript[message].pieces
      if let piece = pieces.firstIndex(where: { $0.position == position }) {
        return (message, piece)
      }
    }
    return nil
  }

  func token(at position: Int) -> (message: Int, token: Message.Token)? {
    place(of: position).map { ($0.message, transcript[$0.message].pieces[$0.piece]) }
  }

  /// nil when nothing, or a patch, is selected.
  var selectedToken: Message.Token? { inspection.position.flatMap(token)?.token }

  /// Whether the model has generated what is selected.
  var selectsAnswer: Bool {
    inspection.position.flatMap(place).map { transcript[$0.message].role == .model } ?? false
  }

  /// The patch that is selected, as an index.
  var selectedPatch: Int? { inspection.position.flatMap(patch) }

  /// The patch of the picture that a position is.
  func patch(at position: Int) -> Int? { entries?.imagePositions.firstIndex(of: position) }

  // MARK: News

  /// The prompt was read: its words are in the last question.
  mutating func take(_ words: [PromptWord]) {
    guard let index = transcript.lastIndex(where: { $0.role == .user && !$0.isQueued }) else {
      return
    }
    take(words, in: index)
  }

  /// The words of a prompt, among which those of a message are.
  private mutating func take(_ words: [PromptWord], in index: Int) {
    for word in words { inspection.words[word.position] = word.text }
    let whole = words.map(\.text).joined()
    guard let place = whole.ranges(of: transcript[index].text).last else { return }
    let range = whole.utf8Offset(place.lowerBound)..<whole.utf8Offset(place.upperBound)
    var tokens: [Message.Token] = []
    var end = 0
    for word in words {
      let here = end..<end + word.text.utf8.count
      end = here.upperBound
      let part = here.clamped(to: range)
      guard !part.isEmpty else { continue }
      tokens.append(
        Message.Token(
          place: part.lowerBound - range.lowerBound..<part.upperBound - range.lowerBound,
          position: word.position))
    }
    transcript[index].pieces = tokens
  }

  /// A turn of a resumed conversation: its tokens have places, and no probabilities until they are asked
  /// for.
  mutating func take(turn: Int, question: [PromptWord], answer: [AnsweredToken]) {
    var turns: [(question: Int, answer: Int)] = []
    var asked: Int?
    for index in remembered {
      switch transcript[index].role {
      case .user: asked = index
      case .model:
        asked.map { turns.append(($0, index)) }
        asked = nil
      case .notice, .error: break
      }
    }
    guard turns.indices.contains(turn) else { return }
    take(question, in: turns[turn].question)
    take(
      answer.map { PromptWord(position: $0.position, text: $0.text) }, in: turns[turn].answer)
  }

  /// The conversation goes on with an answer of a comparison, which stands in the transcript.
  mutating func take(_ adopted: AdoptedAnswer) {
    guard let index = remembered.last(where: { transcript[$0].role == .model }) else { return }
    var end = 0
    transcript[index].tokens = adopted.ids
    transcript[index].layers = cache?.layers.map(SavedMessage.Layer.init) ?? []
    transcript[index].pieces = adopted.tokens.map { token in
      let place = end..<end + token.text.utf8.count
      end = place.upperBound
      inspection.words[token.position] = token.choice?.text ?? token.text
      return Message.Token(place: place, position: token.position, choice: token.choice)
    }
    quality.begin()
    for token in adopted.qualities { take(token) }
  }

  mutating func take(_ choice: TokenChoice) {
    inspection.words[choice.position] = choice.text
    if let place = place(of: choice.position) {
      transcript[place.message].pieces[place.piece].choice = choice
      return
    }
    guard let index = runningAnswer else { return }
    let place = quality.lastPiece..<transcript[index].text.utf8.count
    transcript[index].pieces.append(
      Message.Token(place: place, position: choice.position, choice: choice))
  }

  mutating func take(_ attention: TokenAttention) {
    guard let place = place(of: attention.position) else { return }
    transcript[place.message].pieces[place.piece].attention = attention
  }

  mutating func take(_ standing: EntryStanding) {
    if standing.position == inspection.position { inspection.standing = standing }
  }

  /// Tells the engine when something else is wanted of it. While nothing is looked at, it records and
  /// computes nothing.
  mutating func inspectionEffects() -> [AppEffect] {
    var effects: [AppEffect] = []
    if inspection.isRecording != inspection.isOn {
      inspection.isRecording = inspection.isOn
      effects.append(.post(.recordAttention(inspection.isOn)))
    }
    if inspection.explained != inspection.position {
      inspection.explained = inspection.position
      inspection.standing = nil
      effects.append(.post(.explain(position: inspection.position)))
    }
    guard let token = selectedToken, selectsAnswer, token.attention == nil || token.choice == nil
    else {
      inspection.asked = nil
      return effects
    }
    if inspection.asked != token.position {
      inspection.asked = token.position
      effects.append(.post(.attention(of: token.position)))
    }
    return effects
  }
}
