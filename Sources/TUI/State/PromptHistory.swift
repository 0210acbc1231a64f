/// Earlier questions, oldest first, and the place reached with the arrow keys.
struct PromptHistory: Sendable, Equatable {
  static let capacity = 1000
  private(set) var entries: [String]
  private var place: Int?
  /// What was in the prompt before the first arrow key.
  private var draft = ""

  init(entries: [String] = []) { self.entries = entries.suffix(Self.capacity) }

  /// A line that repeats the newest entry is not added again.
  mutating func add(_ entry: String) {
    place = nil
    guard entries.last != entry else { return }
    entries.append(entry)
    if entries.count > Self.capacity { entries.removeFirst() }
  }

  /// The entry before the one shown; `current` is kept for the way back.
  mutating func older(than current: String) -> String? {
    let next = (place ?? entries.count) - 1
    guard entries.indices.contains(next) else { return nil }
    if place == nil { draft = current }
    place = next
    return entries[next]
  }

  mutating func newer() -> String? {
    guard let place else { return nil }
    if place + 1 < entries.count {
      self.place = place + 1
      return entries[place + 1]
    }
    self.place = nil
    return draft
  }
}
