import Basics

/// Where the tokens of the conversation stand in the rows of the chat.
struct TokenPlace: Equatable {
  /// In the sequence.
  var position: Int
  var message: Int
  /// The row of the message, and the UTF-8 offset where that begins.
  var row: Int
  var offset: Int
  /// Columns before the token.
  var column: Int
}

extension ChatRows {
  /// The generated tokens of a message that stand in it, in order.
  func places(of message: Int) -> [TokenPlace] {
    let shown = ShownMessage(message, state)
    let rows = rows(of: message)
    guard state.transcript[message].role == .model else { return [] }
    return state.transcript[message].pieces.compactMap { token in
      let place = shown.place(of: token, in: state.transcript[message])
      guard !place.isEmpty,
        let row = rows.lastIndex(where: { $0.offset <= place.lowerBound })
      else { return nil }
      let before = shown.text.utf8Slice(rows[row].offset..<place.lowerBound)
      return TokenPlace(
        position: token.position, message: message, row: row, offset: rows[row].offset,
        column: DisplayText.width(before))
    }
  }

  /// The position of the word at a place of the panel, of an answer or of a question.
  func position(at point: Point, height: Int) -> Int? {
    let rows = visible(height: height)
    guard point.y < rows.count, point.x >= Self.margin else { return nil }
    let row = rows[point.y]
    guard state.remembered.contains(row.message) else { return nil }
    var offset = row.offset
    var column = Self.margin
    for character in row.text {
      column += DisplayText.width(String(character))
      if column > point.x { break }
      offset += character.utf8.count
    }
    guard offset < row.offset + row.text.utf8.count else { return nil }
    let message = state.transcript[row.message]
    let shown = ShownMessage(row.message, state)
    return message.pieces.last { shown.place(of: $0, in: message).contains(offset) }?.position
  }
}

extension AppState {
  /// Selects the generated token before (-1) or the next one (1); at an end it stays there.
  mutating func moveToken(by step: Int) -> [AppEffect] {
    let positions = generated.map(\.position)
    guard let here = inspection.position, !positions.isEmpty else { return toggleTokens() }
    let next = step < 0 ? positions.last { $0 < here } : positions.first { $0 > here }
    return reveal(next ?? (step < 0 ? positions[0] : positions[positions.count - 1]))
  }

  /// Selects the token of the row above or below that is nearest.
  mutating func moveTokenRow(by step: Int) -> [AppEffect] {
    let rows = ChatRows(self, width: chatSize.columns)
    let places = remembered.flatMap(rows.places)
    guard let here = places.first(where: { $0.position == inspection.position }) else {
      return moveToken(by: step)
    }
    func isBeyond(_ place: TokenPlace) -> Bool {
      let (a, b) = ((place.message, place.row), (here.message, here.row))
      return step < 0 ? a < b : a > b
    }
    let beyond = places.filter(isBeyond)
    guard let nearest = step < 0 ? beyond.last : beyond.first else { return [] }
    let row = beyond.filter { $0.message == nearest.message && $0.row == nearest.row }
    let next = row.min { abs($0.column - here.column) < abs($1.column - here.column) }
    return next.map { reveal($0.position) } ?? []
  }

  /// Selects a token and scrolls the chat so that it is seen.
  mutating func reveal(_ position: Int) -> [AppEffect] {
    let effects = select(position: position)
    let rows = ChatRows(self, width: chatSize.columns)
    guard let message = token(at: position)?.message,
      let place = rows.places(of: message).first(where: { $0.position == position })
    else { return effects }
    let isSeen = rows.visible(height: chatSize.rows).contains {
      $0.message == place.message && $0.offset == place.offset
    }
    if !isSeen {
      scroll = .anchored(message: place.message, offset: place.offset)
      scrollChat(by: -chatSize.rows / 2)
    }
    return effects
  }

  /// The cells of the chat's body; those of a small screen while another panel fills the middle.
  private var chatSize: Size { Layout(self).body(of: .chat)?.size ?? Size(columns: 80, rows: 20) }

  /// Whether the message at an index is a former answer with the one that replaces it behind it.
  func isReplaced(_ index: Int) -> Bool {
    index >= 0 && transcript[index].isFormer && index + 1 < transcript.count
      && transcript[index + 1].role == .model
  }
}
