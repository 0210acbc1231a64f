import Inference
import KVCache

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
    remembered.flatMap { transcript[$0].pieces.filter { $0.choice != nil } }
  }

  /// Where the token of a position stands in the transcript.
  func token(at position: Int) -> (message: Int, token: Message.Token)? {
    for message in remembered.reversed() {
      if let token = transcript[message].pieces.first(where: { $0.position == position }) {
        return (message, token)
      }
    }
    return nil
  }

  /// nil when nothing, or a patch, is selected.
  var selectedToken: Message.Token? { inspection.position.flatMap(token)?.token }

  /// The patch that is selected, as an index.
  var selectedPatch: Int? { inspection.position.flatMap(patch) }

  /// The patch of the picture that a position is.
  func patch(at position: Int) -> Int? { entries?.imagePositions.firstIndex(of: position) }

  // MARK: News

  /// The prompt was read: its words are in the last question.
  mutating func take(_ words: [PromptWord]) {
    for word in words { inspection.words[word.position] = word.text }
    guard let index = transcript.lastIndex(where: { $0.role == .user && !$0.isQueued }) else {
      return
    }
    let whole = words.map(\.text).joined()
    let question = transcript[index].text
    guard let place = whole.ranges(of: question).last else { return }
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

  mutating func take(_ choice: TokenChoice) {
    inspection.words[choice.position] = choice.text
    guard let index = runningAnswer else { return }
    let place = quality.lastPiece..<transcript[index].text.utf8.count
    transcript[index].pieces.append(
      Message.Token(place: place, position: choice.position, choice: choice))
  }

  mutating func take(_ attention: TokenAttention) {
    guard let place = token(at: attention.position),
      let index = transcript[place.message].pieces.firstIndex(of: place.token)
    else { return }
    transcript[place.message].pieces[index].attention = attention
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
    guard let token = selectedToken, token.choice != nil, token.attention == nil else {
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
