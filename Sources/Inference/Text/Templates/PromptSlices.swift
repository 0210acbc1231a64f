extension Prompt {
  /// The elements from `index` on: what a cache that holds the first `index` still has to see.
  func suffix(from index: Int) -> Prompt {
    Prompt(tokens: Array(tokens[index...]), segments: Array(segments[index...]))
  }
}
