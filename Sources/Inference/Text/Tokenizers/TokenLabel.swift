extension Tokenizer {
  /// A token by itself, for people: its text, or how its file spells it where it has none of its own.
  func label(_ id: Int) -> String {
    if specials.ends.contains(id) { return "(the end)" }
    var decoder = StreamingDecoder(self, continuing: true)
    let text = decoder.append(id) + decoder.finish()
    // A control token has no text, and some bytes are only a part of a character.
    let isWhole = !text.isEmpty && !text.unicodeScalars.contains("\u{FFFD}")
    return isWhole ? text : piece(id) ?? "token \(id)"
  }
}
