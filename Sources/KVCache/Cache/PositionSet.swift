/// Some of the positions of a sequence, one bit each.
public struct PositionSet: Sendable, Equatable {
  /// Positions of the sequence, chosen or not.
  public let count: Int
  /// 64 positions each, the first one in the lowest bit.
  private var words: [UInt64]

  /// - Parameters:
  ///   - chosen: each in `0..<count`.
  ///   - count: positions of the sequence.
  public init(_ chosen: some Sequence<Int32>, count: Int) {
    self.count = count
    words = Array(repeating: 0, count: (count + 63) / 64)
    for position in chosen { words[Int(position) / 64] |= 1 << UInt64(position % 64) }
  }

  /// Whether a position in `0..<count` is among those chosen.
  public func contains(_ position: Int) -> Bool {
    precondition(position >= 0 && position < count, "the position is one of the sequence")
    return words[position / 64] >> UInt64(position % 64) & 1 == 1
  }

  /// How many of a range of positions are chosen.
  public func chosen(in range: Range<Int>) -> Int {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "the range is in the sequence")
    guard !range.isEmpty else { return 0 }
    let (first, last) = (range.lowerBound / 64, (range.upperBound - 1) / 64)
    return (first...last).reduce(0) { sum, index in
      var word = words[index]
      if index == first { word &= ~0 << UInt64(range.lowerBound % 64) }
      if index == last { word &= ~0 >> UInt64(63 - (range.upperBound - 1) % 64) }
      return sum + word.nonzeroBitCount
    }
  }
}
