/// Which words of a text are not in another one, in order.
enum WordDifference {
  /// - Parameter isGrowing: whether the other text still grows: what would stand behind its end is
  ///   then not called different.
  /// - Returns: ascending ranges of UTF-8 offsets in `text`, one for each word.
  static func ranges(of text: String, from other: String, isGrowing: Bool = false) -> [Range<Int>] {
    let words = words(text)
    let others = self.words(other).map { other.utf8Slice($0) }
    let difference = words.map { text.utf8Slice($0) }.difference(from: others)
    let end = isGrowing ? others.count - 1 : words.count
    return difference.insertions.compactMap { change in
      guard case .insert(let offset, _, _) = change, offset < end else { return nil }
      return words[offset]
    }
  }

  /// Runs of anything but blanks and line ends.
  private static func words(_ text: String) -> [Range<Int>] {
    var words: [Range<Int>] = []
    var start: Int?
    var offset = 0
    for byte in text.utf8 {
      if byte == 32 || byte == 10 || byte == 9 {
        if let first = start { words.append(first..<offset) }
        start = nil
      } else if start == nil {
        start = offset
      }
      offset += 1
    }
    if let first = start { words.append(first..<offset) }
    return words
  }
}
