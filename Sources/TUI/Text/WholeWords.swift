extension Substring {
  /// The text without the word at its end, which may still go on. Scripts that write no blanks between
  /// words, from U+2E80 on, are taken as they are.
  var wholeWords: Substring {
    let end = lastIndex { character in
      let isWord = character.isLetter || character.isNumber
      return !isWord || character.unicodeScalars.contains { $0.value >= 0x2E80 }
    }
    return end.map { self[...$0] } ?? prefix(0)
  }
}
