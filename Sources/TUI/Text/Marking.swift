extension [Markdown.Span] {
  /// Lets a place look different, whatever it looked like before.
  mutating func mark(_ place: Range<Int>, as look: Markdown.Look) {
    guard !place.isEmpty else { return }
    var marked: [Markdown.Span] = []
    for span in self {
      guard span.range.overlaps(place) else {
        marked.append(span)
        continue
      }
      for rest in [
        span.range.lowerBound..<Swift.max(span.range.lowerBound, place.lowerBound),
        Swift.min(span.range.upperBound, place.upperBound)..<span.range.upperBound,
      ] where !rest.isEmpty {
        marked.append(Markdown.Span(range: rest, look: span.look))
      }
    }
    let next = marked.firstIndex { $0.range.lowerBound >= place.upperBound } ?? marked.count
    marked.insert(Markdown.Span(range: place, look: look), at: next)
    self = marked
  }
}
