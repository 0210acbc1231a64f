/// The stack of a pickle, and the memo from which it pushes stored values again.
struct PickleStack {
  typealias Value = Unpickler.Value
  typealias Problem = Unpickler.Problem

  private var values: [Value] = []
  private var memo: [Int: Value] = [:]

  /// Values on the stack and in the memo.
  var count: Int { values.count + memo.count }

  mutating func push(_ value: Value) { values.append(value) }

  /// The last value.
  ///
  /// - Throws: `Problem`, as all functions below, when the pickle takes more values than it has.
  mutating func pop() throws(Problem) -> Value {
    guard let value = values.popLast() else { throw Self.empty }
    return value
  }

  /// The last `count` values, in the order in which they were pushed.
  mutating func pop(_ count: Int) throws(Problem) -> [Value] {
    guard values.count >= count else { throw Self.empty }
    defer { values.removeLast(count) }
    return values.suffix(count)
  }

  func top() throws(Problem) -> Value {
    guard let value = values.last else { throw Self.empty }
    return value
  }

  /// The values pushed after the last mark; the mark is removed, too.
  mutating func popToMark() throws(Problem) -> [Value] {
    guard let mark = values.lastIndex(where: { if case .mark = $0 { true } else { false } }) else {
      throw Problem(detail: "its pickle ends a group that it never began")
    }
    defer { values.removeSubrange(mark...) }
    return Array(values[(mark + 1)...])
  }

  private static var empty: Problem { Problem(detail: "its pickle takes more values than it has") }

  // MARK: Memo

  /// Stores the top of the stack; without a key, under the number of values stored so far.
  mutating func store(at key: Int? = nil) throws(Problem) { memo[key ?? memo.count] = try top() }

  mutating func recall(_ key: Int) throws(Problem) {
    guard let value = memo[key] else {
      throw Problem(detail: "its pickle recalls value \(key), which it never stored")
    }
    values.append(value)
  }
}
